import type { Federation, FeedbackJob, InferJob } from '../../../openapi/schemas.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { servedVersion } from './change-ai-model.ts';
import { type CommandContext, type CommandResult, readArgument } from './command-context.ts';

/** Has a window classified where its data is. The answer comes from the participant's slot. */
export async function infer(context: CommandContext): Promise<CommandResult> {
  const { request, store, argument } = context;
  const { window = 'latest', modelVersion, ...who } = readArgument('InferRequest', argument, 'request');
  const { federation, participant, pool } = askedOne(context, who);
  const version =
    modelVersion === undefined
      ? servedVersion(context, federation.id, participant)
      : store.versions.get(federation.id, modelVersion);
  if (version === undefined) {
    const which = modelVersion === undefined ? 'model version yet' : `model version ${modelVersion}`;
    throw new CodedError('E_NOT_FOUND', `federation ${federation.id} has no ${which}`);
  }
  const { group, number, sha256, bytes } = version;
  const { id, model, profile } = federation;
  const job: InferJob = {
    kind: 'infer',
    request,
    federation: id,
    participant,
    window,
    version: { group, number, sha256, bytes },
    model,
    profile,
  };
  return { asks: { pool, job } };
}

/** Has a label that a person gave noted where the data is. */
export async function feedbackToAi(context: CommandContext): Promise<CommandResult> {
  const { request, argument } = context;
  const { window, label, ...who } = readArgument('FeedbackRequest', argument, 'feedback');
  const { federation, participant, pool } = askedOne(context, who);
  const { classes } = federation.profile;
  if (!classes.includes(label)) {
    throw new CodedError('E_INVALID_INPUT', `${label} is none of the classes ${classes.join(', ')}`);
  }
  const { profile, id } = federation;
  const job: FeedbackJob = { kind: 'feedback', request, federation: id, participant, window, label, profile };
  return { asks: { pool, job } };
}

interface Asked {
  readonly federation: Federation;
  readonly participant: string;
  readonly pool: string;
}

/** The participant that a request is for, implied by its own shell. @throws CodedError `E_INVALID_INPUT`, `E_NOT_FOUND`, `E_UNREACHABLE` while it is offline */
function askedOne(
  { target, participants, store }: CommandContext,
  who: { readonly participant?: string; readonly federation?: string },
): Asked {
  const participant = target.kind === 'participant' ? target.participant : who.participant;
  if (participant === undefined) {
    throw new CodedError('E_INVALID_INPUT', 'a federation must be told which participant is meant');
  }
  if (who.participant !== undefined && who.participant !== participant) {
    throw new CodedError('E_INVALID_INPUT', `the shell is that of ${participant}, not of ${who.participant}`);
  }
  const federations = participants.get(participant)?.federations ?? [];
  const own = target.kind === 'federation' ? target.federation : undefined;
  const id = own ?? who.federation ?? (federations.length === 1 ? federations[0] : undefined);
  if (id === undefined) {
    throw new CodedError(
      'E_INVALID_INPUT',
      `${participant} is in ${federations.length} federations; name one`,
    );
  }
  const federation = federations.includes(id) ? store.federations.get(id)?.federation : undefined;
  const pool = participants.poolOf(participant);
  if (
    federation === undefined ||
    pool === undefined ||
    (own !== undefined && own !== (who.federation ?? own))
  ) {
    throw new CodedError(
      'E_NOT_FOUND',
      `federation ${who.federation ?? id} has no participant ${participant}`,
    );
  }
  if (!participants.isOnline(participant)) {
    const message = `participant ${participant} is offline: ${participants.whyNotReady(participant, id)}`;
    throw new CodedError('E_UNREACHABLE', message);
  }
  return { federation, participant, pool };
}
