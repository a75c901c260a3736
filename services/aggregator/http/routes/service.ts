import express, { type Router } from 'express';
import type { Schemas } from '../../../../openapi/schemas.ts';
import { packageVersion } from '../../../../runtime/package-root.ts';
import { present } from '../../store/present.ts';
import { requireReader } from '../caller.ts';
import type { Services } from '../services.ts';

/** Operations of the tag `service`. */
export function serviceRoutes(services: Services, description: object): Router {
  const { queue, publisher, outside, lookUps, metrics, store, aasUrl } = services;
  const version = packageVersion();
  const router = express.Router();
  router.get('/api/status', requireReader, (_request, response) => {
    const status: Schemas['Status'] = present({
      version,
      aasUrl: aasUrl(),
      redis: queue.state(),
      uptimeMs: Math.round(process.uptime() * 1000),
      pendingPublications: store.publications.pending().length,
      publicationTrouble: publisher.trouble,
      targets: outside.status(),
      lookups: lookUps.status(),
    });
    response.json(status);
  });
  router.get('/openapi.json', requireReader, (_request, response) => {
    response.json(description);
  });
  router.get('/healthz', (_request, response) => {
    response.json({ ok: true, reasons: [] });
  });
  router.get('/readyz', (_request, response) => {
    const reasons: string[] = [];
    if (queue.state() === 'unreachable') reasons.push('Redis is unreachable');
    if (publisher.trouble !== undefined) reasons.push(`the AAS takes no publication: ${publisher.trouble}`);
    // An outside server keeps no round from running.
    const degraded = [
      ...outside.status().flatMap(({ id, pending, trouble }) => {
        return trouble === undefined ? [] : [`target ${id} is behind by ${pending}: ${trouble}`];
      }),
      ...lookUps.status().flatMap(({ id, trouble }) => {
        return trouble === undefined ? [] : [`look-up ${id}: ${trouble}`];
      }),
    ];
    const health = {
      ok: reasons.length === 0,
      reasons,
      degraded: degraded.length === 0 ? undefined : degraded,
    };
    response.status(health.ok ? 200 : 503).json(present(health));
  });
  router.get('/metrics', requireReader, async (_request, response) => {
    const own = await metrics.registry.metrics();
    // The queues' figures are missing while Redis is away, the others are not.
    const ofQueues = await queue.metrics().catch(() => '');
    response.type(metrics.registry.contentType).send(`${own}\n${ofQueues}`);
  });
  return router;
}
