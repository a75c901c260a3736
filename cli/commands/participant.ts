import type { Command } from 'commander';
import { type ApiOptions, withApiOptions } from '../api/api-options.ts';
import { answer, answerList } from '../terminal/output.ts';

/** `fedshell participant …` */
export function addParticipantCommand(program: Command): void {
  const participant = program.command('participant').description('list, approve and remove participants');
  withApiOptions(participant.command('list').description('list the participants and what they do')).action(
    list,
  );
  withApiOptions(
    participant
      .command('approve')
      .description('approve a proposed participant, with the certificate that its trainer showed')
      .argument('<id>', 'the participant')
      .option('--federation <id>', "the federation to admit it to; the look-up's by default")
      .option('--certificate <sha256>', 'the certificate to approve; the one shown by default')
      .option('--token-file <file>', 'write a join token, where one is made, to this file (mode 0600)'),
  ).action(async (id: string, options: ApproveOptions) => {
    const { approveParticipant } = await import('../participant/approve-participant.ts');
    await approveParticipant(id, options);
  });
  withApiOptions(
    participant
      .command('remove')
      .description('take a participant out of every federation; versions it helped to make stay')
      .argument('<id>', 'the participant'),
  ).action(remove);
}

async function list(options: ApiOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const client = aggregatorClient(options);
  const [participants, proposals] = await Promise.all([
    answered(client.GET('/api/participants')),
    answered(client.GET('/api/proposals')),
  ]);
  const proposed = proposals.map((proposal) => ({
    ...proposal,
    pool: proposal.pool ?? '-',
    federations: proposal.federation === undefined ? [] : [proposal.federation],
    data: undefined,
  }));
  answerList(
    options,
    [...participants, ...proposed],
    {
      participant: ({ id }) => id,
      pool: ({ pool }) => pool,
      state: ({ state }) => state,
      federations: ({ federations }) => federations.join(', '),
      train: ({ data }) => data?.[0]?.trainExamples,
      test: ({ data }) => data?.[0]?.testExamples,
      reason: ({ reason }) => reason,
    },
    'no participant yet; fedshell trainer FILE joins those of a trainer file',
  );
}

/** Options of `participant approve`. */
export interface ApproveOptions extends ApiOptions {
  readonly federation?: string;
  readonly certificate?: string;
  readonly tokenFile?: string;
}

async function remove(id: string, options: ApiOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const params = { path: { participantId: id } };
  await answered(aggregatorClient(options).DELETE('/api/participants/{participantId}', { params }));
  answer(options, { removed: id }, () => `participant ${id} is removed`);
}
