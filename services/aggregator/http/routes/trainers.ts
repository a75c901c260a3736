import express, { type Request, type Router } from 'express';
import { checkEvaluationResult } from '../../../../learning/metrics.ts';
import type { EvaluationReport, FeatureStatistics } from '../../../../openapi/schemas.ts';
import { CodedError } from '../../../../runtime/errors.ts';
import { MachineTrust } from '../../machine-trust.ts';
import type { RunDriver } from '../../runs/run-driver.ts';
import { callerOf, trainerOf } from '../caller.ts';
import { goneSignal } from '../gone-signal.ts';
import type { Services } from '../services.ts';
import { readUpdateRequest, UPDATE_PATH } from '../update-request.ts';
import { bodyOf, sha256Of } from '../upload.ts';
import { withSignsOfLife } from '../with-signs-of-life.ts';

/** Operations of the tag `trainers`. A trainer speaks for its own pool and its participants only. */
export function trainerRoutes(services: Services): Router {
  const { admission, participants, publisher, runs, api, uploadPlaces, uploadStallMs } = services;
  const machineTrust = new MachineTrust(services.store);
  const router = express.Router();
  router.post('/api/trainers/join', (request, response) => {
    const caller = callerOf(request);
    // The join token or the proof in the body is credential enough; without one the pool's key is asked for.
    const answer = admission.join(
      request.body,
      caller.kind === 'trainer' ? caller.key : undefined,
      request.headers.host ?? '',
    );
    publisher.poke();
    runs.poke();
    response.json(answer);
  });
  router.post('/api/trainers/:poolId/heartbeat', (request, response) => {
    const pool = trainerOf(request);
    if (pool !== request.params.poolId) throw new CodedError('E_FORBIDDEN', `the key is pool ${pool}'s`);
    participants.heartbeat(pool, request.body.participants);
    const trustDecisions = machineTrust.heartbeat(pool, request.body.trust);
    response.json({
      federations: admission.federationsOfPool(pool),
      ...(trustDecisions.length === 0 ? {} : { trustDecisions }),
    });
  });
  router.put('/api/runs/:runId/initial-version', async (request, response) => {
    const pool = trainerOf(request);
    const driver = runOf(services, request.params.runId);
    const version = await driver.acceptInitialVersion(
      pool,
      sha256Of(request),
      bodyOf(request, uploadStallMs),
    );
    response.json(api.version(version.federation, version.number, version.group));
  });
  router.put('/api/runs/:runId/statistics/:participantId', (request, response) => {
    const { runId, participantId } = request.params;
    refuseOthers(services, request, [participantId]);
    const statistics: FeatureStatistics = request.body;
    if (statistics.sum.length !== statistics.sumOfSquares.length) {
      throw new CodedError('E_INVALID_INPUT', 'sum and sumOfSquares have one entry a feature');
    }
    runOf(services, runId).acceptStatistics(participantId, statistics);
    response.status(204).end();
  });
  router.put(UPDATE_PATH, async (request: Request, response) => {
    const incoming = readUpdateRequest(request);
    refuseOthers(services, request, [incoming.participant]);
    const contribution = await uploadPlaces.within(goneSignal(response), () =>
      withSignsOfLife(response, () =>
        services.acceptUpdate({ ...incoming, body: bodyOf(request, uploadStallMs) }),
      ),
    );
    response.json(contribution);
  });
  router.post('/api/runs/:runId/evaluations', (request, response) => {
    const report: EvaluationReport = request.body;
    refuseOthers(
      services,
      request,
      report.results.map((result) => result.participant),
    );
    noteEvaluation(services, request.params.runId, report);
    response.status(204).end();
  });
  router.put('/api/commands/:requestId/answers/:participantId', (request, response) => {
    const { requestId, participantId } = request.params;
    refuseOthers(services, request, [participantId]);
    services.commands.answer(requestId, participantId, request.body);
    response.status(204).end();
  });
  return router;
}

function runOf({ runs, store }: Services, id: string): RunDriver {
  const driver = runs.driver(id);
  if (driver !== undefined) return driver;
  const run = store.runs.get(id);
  if (run === undefined) throw new CodedError('E_NOT_FOUND', `there is no run ${id}`);
  throw new CodedError('E_WRONG_STATE', `run ${id} is ${run.state} and takes nothing any more`);
}

function refuseOthers({ participants }: Services, request: Request<object>, ids: readonly string[]): void {
  const pool = trainerOf(request as Request);
  const others = ids.filter((id) => participants.poolOf(id) !== pool);
  if (others.length > 0)
    throw new CodedError('E_FORBIDDEN', `pool ${pool} does not speak for ${others.join(', ')}`);
}

function noteEvaluation(services: Services, runId: string, report: EvaluationReport): void {
  const { store, runs } = services;
  const run = store.runs.get(runId);
  if (run === undefined) throw new CodedError('E_NOT_FOUND', `there is no run ${runId}`);
  const version = store.versions.get(run.federation, report.number, report.group);
  if (version === undefined || version.sha256 !== report.sha256) {
    throw new CodedError(
      'E_UPDATE_BASE',
      `${report.sha256} is not version ${report.number} of ${run.federation}`,
    );
  }
  const { profile, share } = store.federations.get(run.federation)!.federation;
  const asked = store.evaluations.request(runId, report.number, report.group)?.participants ?? [];
  const strangers = report.results.filter(({ participant }) => !asked.includes(participant));
  if (strangers.length > 0) {
    const names = strangers.map(({ participant }) => participant).join(', ');
    throw new CodedError(
      'E_FORBIDDEN',
      `run ${runId} did not ask ${names} to score version ${report.number}`,
    );
  }
  const faults = report.results.flatMap((result, index) =>
    checkEvaluationResult(result, profile.classes.length).map(({ path, message }) => ({
      path: `/results/${index}/${path}`,
      message,
    })),
  );
  if (faults.length > 0)
    throw new CodedError('E_INVALID_INPUT', 'the evaluation contradicts itself', { faults });
  store.transaction(() => {
    for (const { confusion, ...summary } of report.results) {
      // What the federation agreed not to share is not kept, even if a trainer sent it.
      const result = share === 'summary' || confusion === undefined ? summary : { ...summary, confusion };
      store.evaluations.answer(runId, report.number, result, report.group);
    }
  });
  runs.driver(runId)?.noteEvaluation();
}
