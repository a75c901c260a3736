import { useEffect, useState } from 'preact/hooks';
import { api, type ModelVersion, type Run } from './api.ts';
import { bytes } from './format.ts';
import { versionKey } from './live-state.ts';

interface ModelPlaceProps {
  readonly run: Run;
  /** The versions that the event stream told of. */
  readonly versions: ReadonlyMap<string, ModelVersion>;
}

/** Where the newest version of a run is: in the AAS, and as a file. */
export function ModelPlace({ run, versions }: ModelPlaceProps) {
  const number = run.rounds.reduce<number | undefined>((last, round) => round.version ?? last, undefined);
  const version = useVersion(run.federation, number, versions);
  return (
    <section class="card" aria-label="Model in the AAS">
      <h2>Model</h2>
      {version === undefined ? (
        <p class="hint">The first round has not been published yet.</p>
      ) : (
        <dl class="facts">
          <div>
            <dt>version</dt>
            <dd>
              {version.number} of {run.federation}, {bytes(version.bytes)}
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
      )}
    </section>
  );
}

/** A version as the event stream told it, or as the aggregator has it if it was made before this page was opened. */
function useVersion(
  federation: string,
  number: number | undefined,
  versions: ReadonlyMap<string, ModelVersion>,
): ModelVersion | undefined {
  const [asked, setAsked] = useState<ModelVersion>();
  const told =
    number === undefined ? undefined : versions.get(versionKey({ federation, group: 'main', number }));
  const isTold = told !== undefined;
  useEffect(() => {
    if (number === undefined || isTold) return;
    void api
      .GET('/api/federations/{federationId}/versions/{number}', {
        params: { path: { federationId: federation, number }, query: {} },
      })
      .then(({ data }) => setAsked(data));
  }, [federation, number, isTold]);
  if (told !== undefined) return told;
  return asked?.federation === federation && asked.number === number ? asked : undefined;
}
