import type { Publication, PublishedElement } from '../../../aas/publication.ts';
import {
  recordsPath,
  roundRecord,
  roundSeries,
  runSegment,
  runSegmentHead,
  runSegmentPath,
} from '../../../aas/submodels/time-series.ts';
import { fairnessOf, mergeEvaluations, metricsOf, sumsOfResult } from '../../../learning/metrics.ts';
import { MAIN_GROUP } from '../../../learning/strategies/strategy.ts';
import { present } from '../store/present.ts';
import type { RunRow } from '../store/run-table.ts';
import type { VersionRow } from '../store/version-table.ts';
import type { PublicationContext } from './publication-context.ts';

/** Id of the submodel with the figures of a federation's rounds. */
export function seriesId({ ids }: PublicationContext, federation: string): string {
  return ids.submodel(ids.federation(federation), 'TimeSeries');
}

/** The frame of a federation's series. */
export function seriesFrame(context: PublicationContext, federation: string): Publication {
  return { frames: [roundSeries({ id: seriesId(context, federation), federation })] };
}

/**
 * A version's record, and the head of its run's segment. What it costs does not depend on how many records there are:
 * each is an element of its own.
 */
export function recordPublication(context: PublicationContext, version: VersionRow): Publication {
  const { store } = context;
  const run = store.runs.get(version.run);
  // Records are numbered as the versions of `main`; the figures of other groups stand in their own nameplates.
  if (run === undefined || version.group !== MAIN_GROUP) return {};
  const results = store.evaluations.resultsOf(run.id, version.number);
  const metrics = results.length === 0 ? undefined : metricsOf(mergeEvaluations(results.map(sumsOfResult)));
  const fairness = fairnessOf(results);
  const record = roundRecord(
    present({
      time: version.createdAt,
      round: version.round ?? 0,
      modelVersion: version.number,
      contributors: version.contributors?.length,
      exampleCount: version.exampleCount,
      accuracy: metrics?.accuracy,
      uar: metrics?.uar,
      loss: metrics?.loss,
      testExampleCount: metrics?.exampleCount,
      accuracyWorstTenth: fairness?.worstTenth,
      accuracyVariance: fairness?.variance,
    }),
  );
  const submodelId = seriesId(context, version.federation);
  const path = `${recordsPath(run.id)}.${record.idShort}`;
  return {
    ...seriesFrame(context, version.federation),
    elements: [
      segment(context, run),
      { submodelId, idShortPath: path, element: record },
      ...head(context, run, version),
    ],
  };
}

/** The head of a run's segment once the run is over; nothing before its first version. */
export function segmentPublication(context: PublicationContext, run: RunRow): Publication {
  const newest = newestOf(context, run, undefined);
  if (newest === undefined) return {};
  return {
    ...seriesFrame(context, run.federation),
    elements: [segment(context, run), ...head(context, run, newest)],
  };
}

function segment(context: PublicationContext, run: RunRow): PublishedElement {
  return {
    submodelId: seriesId(context, run.federation),
    idShortPath: runSegmentPath(run.id),
    element: runSegment(run.id, run.startedAt ?? run.createdAt),
    keep: true,
  };
}

function head(context: PublicationContext, run: RunRow, published: VersionRow): readonly PublishedElement[] {
  const newest = newestOf(context, run, published) ?? published;
  const first = firstOf(context, run);
  return runSegmentHead({
    recordCount: newest.number - first + 1,
    completed: run.endedAt !== undefined,
    endTime: newest.createdAt,
  }).map((element) => ({
    submodelId: seriesId(context, run.federation),
    idShortPath: `${runSegmentPath(run.id)}.${element.idShort}`,
    element,
  }));
}

/** Number of the first version that the run made: the initial one, or that after its base. */
function firstOf({ store }: PublicationContext, run: RunRow): number {
  const initial = store.versions.get(run.federation, 0);
  return initial?.run === run.id ? 0 : (run.baseVersion ?? -1) + 1;
}

/** The run's newest version that is in the AAS or comes with this publication; numbers of a run have no holes. */
function newestOf(
  { store }: PublicationContext,
  run: RunRow,
  published: VersionRow | undefined,
): VersionRow | undefined {
  const last = store.rounds.last(run.id);
  const number = last?.version ?? last?.baseNumber ?? store.versions.current(run.federation)?.number;
  if (number === undefined) return published;
  const newest = store.versions.get(run.federation, number);
  const shown = [newest, store.versions.get(run.federation, number - 1), published];
  return shown
    .filter(
      (each): each is VersionRow =>
        each?.run === run.id && (each.publishedAt !== undefined || each.number === published?.number),
    )
    .sort((a, b) => b.number - a.number)[0];
}
