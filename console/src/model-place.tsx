import type { ModelVersion, Run } from './api.ts';
import { bytes } from './format.ts';

/** Where the newest version of a run is: in the AAS, and as a file. */
export function ModelPlace({ run, version }: { run: Run; version: ModelVersion | undefined }) {
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
