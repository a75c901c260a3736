import type { AasTarget } from '../../aas/client/publish/aas-target.ts';
import { publishToTarget } from '../../aas/client/publish/publish-to-target.ts';
import { readSubmodel } from '../../aas/client/read-submodel.ts';
import { encodeIdentifier } from '../../aas/identifier-encoding.ts';
import { memoryOfTarget } from '../aas/outside/memory-of-target.ts';
import { MODEL_SHELL, SHELLS, SUBMODELS } from '../aas/outside/small-publication.ts';
import { describePeer } from './peer.ts';

describePeer<{ readonly url: string }>('BaSyx', 'FEDSHELL_INTEROP_BASYX', ({ url }) => {
  const target: AasTarget = { id: 'basyx', repository: { url }, ownUrl: 'http://127.0.0.1:8601' };
  const [first] = SUBMODELS;

  it('takes our publication and gives it back, and loses what we take out', async () => {
    const memory = memoryOfTarget();
    const submodelUrl = `${url.replace(/\/+$/, '')}/submodels/${encodeIdentifier(first!.id)}`;

    await publishToTarget({ target, publication: { shells: SHELLS, submodels: SUBMODELS }, memory });
    const again = await publishToTarget({
      target,
      publication: { shells: SHELLS, submodels: SUBMODELS },
      memory,
      everything: true,
    });
    const read = await readSubmodel({ url }, submodelUrl);
    const remove = { shells: SHELLS.map(({ id }) => id), submodels: SUBMODELS.map(({ id }) => id) };
    await publishToTarget({ target, publication: { remove }, memory });

    const { status } = await fetch(submodelUrl);
    expect(SHELLS[0]!.id).toBe(MODEL_SHELL);
    expect([again.lost, read.id, status]).toEqual([false, first!.id, 404]);
  });
});
