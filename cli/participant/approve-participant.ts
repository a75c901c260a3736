import { writeFile } from 'node:fs/promises';
import { CodedError } from '../../runtime/errors.ts';
import { aggregatorClient, answered } from '../api/aggregator-client.ts';
import type { ApproveOptions } from '../commands/participant.ts';
import { answer } from '../terminal/output.ts';

/**
 * Approves a proposed participant and says how its trainer gets in.
 * @throws CodedError `E_NOT_FOUND`, `E_INVALID_INPUT`, `E_WRONG_STATE`
 */
export async function approveParticipant(id: string, options: ApproveOptions): Promise<void> {
  const client = aggregatorClient(options);
  const certificateSha256 = options.certificate?.replaceAll(':', '').toLowerCase();
  if (certificateSha256 !== undefined && !/^[0-9a-f]{64}$/.test(certificateSha256)) {
    throw new CodedError('E_INVALID_INPUT', '--certificate needs a sha256 of 64 hex digits');
  }
  const { federation, tokenFile } = options;
  const { proposal, joinToken } = await answered(
    client.PUT('/api/proposals/{participantId}/approval', {
      params: { path: { participantId: id } },
      body: {
        ...(federation === undefined ? {} : { federation }),
        ...(certificateSha256 === undefined ? {} : { certificateSha256 }),
      },
    }),
  );
  if (joinToken !== undefined && tokenFile !== undefined) {
    await writeFile(tokenFile, `${joinToken}\n`, { mode: 0o600 });
    answer(
      options,
      { proposal, tokenFile },
      () => `participant ${id} is approved; the join token is in ${tokenFile}`,
    );
    return;
  }
  const certificate = proposal.askedWithSha256 ?? proposal.certificateSha256;
  answer(options, { proposal, ...(joinToken === undefined ? {} : { joinToken }) }, () =>
    joinToken === undefined
      ? `participant ${id} is approved with the certificate ${certificateSha256 ?? certificate}; its trainer joins by itself`
      : `participant ${id} is approved\njoin token: ${joinToken}\nIts trainer needs the token, which is shown once.`,
  );
}
