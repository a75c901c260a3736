import type { Command } from 'commander';
import { type ApiOptions, withApiOptions } from '../api/api-options.ts';
import { answer, answerList } from '../terminal/output.ts';

/** `fedshell participant …` */
export function addParticipantCommand(program: Command): void {
  const participant = program.command('participant').description('list and remove participants');
  withApiOptions(participant.command('list').description('list the participants and what they do')).action(
    list,
  );
  withApiOptions(
    participant
      .command('remove')
      .description('take a participant out of every federation; versions it helped to make stay')
      .argument('<id>', 'the participant'),
  ).action(remove);
}

async function list(options: ApiOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const participants = await answered(aggregatorClient(options).GET('/api/participants'));
  answerList(
    options,
    participants,
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

async function remove(id: string, options: ApiOptions): Promise<void> {
  const { aggregatorClient, answered } = await import('../api/aggregator-client.ts');
  const params = { path: { participantId: id } };
  await answered(aggregatorClient(options).DELETE('/api/participants/{participantId}', { params }));
  answer(options, { removed: id }, () => `participant ${id} is removed`);
}
