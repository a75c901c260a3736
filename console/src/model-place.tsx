import { useEffect, useState } from 'preact/hooks';
import { api, type ModelVersion, type Run } from './api.ts';
import { bytes } from './format.ts';
import { versionKey } from './live-state.ts';

interface ModelPlaceProps {
  readonly run: Run;
  /** The versions that the event stream told of. */
  readonly versions: ReadonlyMap<string, ModelVersion>;
}

/** Where the newest versions of a run are, one a group: in the AAS, and as a file. */
export function ModelPlace({ run, versions }: ModelPlaceProps) {
  const newest = newestOf(run);
  return (
    <section class="card" aria-label="Model in the AAS">
      <h2>Model</h2>
      {newest.length === 0 ? (
        <p class="hint">The first round has not been published yet.</p>
      ) : (
        newest.map(({ group, number }) => (
          <VersionPlace
            key={group}
            federation={run.federation}
            group={group}
            number={number}
            versions={versions}
          />
        ))
      )}
    </section>
  );
}

/** The last version that the run made of each group. */
function newestOf({ rounds }: Run): readonly GroupVersion[] {
  const newest = new Map<string, GroupVersion>();
  for (const { version, versions } of rounds) {
    if (version === undefined) continue;
    for (const each of versions ?? [{ group: 'main', number: version }]) newest.set(each.group, each);
  }
  return [...newest.values()];
}

interface GroupVersion {
  readonly group: string;
  readonly number: number;
}

interface VersionPlaceProps extends GroupVersion {
  readonly federation: string;
  readonly versions: ReadonlyMap<string, ModelVersion>;
}

function VersionPlace({ federation, group, number, versions }: VersionPlaceProps) {
  const version = useVersion({ federation, group, number }, versions);
  if (version === undefined) return <p class="hint">The version is being read.</p>;
  return (
    <dl class="facts">
      <div>
        <dt>version</dt>
        <dd>
          {version.number} of {federation}
          {group === 'main' ? '' : `, group ${group}`}, {bytes(version.bytes)}
        </dd>
      </div>
      <div>
        <dt>shell</dt>
        <dd>{version.shellId ?? 'being published'}</dd>
      </div>
      <div>
        <dt>submodels</dt>
        <dd>AIModelNameplate, AIDeployment</dd>
      </div>
      <div>
        <dt>attachment</dt>
        <dd>
          {version.attachmentUrl === undefined ? (
            'being published'
          ) : (
            <a href={version.attachmentUrl}>download</a>
          )}
        </dd>
      </div>
      <div>
        <dt>sha256</dt>
        <dd class="hash">{version.sha256}</dd>
      </div>
    </dl>
  );
}

/** A version as the event stream told it, or as the aggregator has it if it was made before this page was opened. */
function useVersion(
  { federation, group, number }: GroupVersion & { readonly federation: string },
  versions: ReadonlyMap<string, ModelVersion>,
): ModelVersion | undefined {
  const [asked, setAsked] = useState<ModelVersion>();
  const told = versions.get(versionKey({ federation, group, number }));
  const isTold = told !== undefined;
  useEffect(() => {
    if (isTold) return;
    void api
      .GET('/api/federations/{federationId}/versions/{number}', {
        params: { path: { federationId: federation, number }, query: { group } },
      })
      .then(({ data }) => setAsked(data));
  }, [federation, group, number, isTold]);
  if (told !== undefined) return told;
  const isAsked = asked?.federation === federation && asked.group === group && asked.number === number;
  return isAsked ? asked : undefined;
}
