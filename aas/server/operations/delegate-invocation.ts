import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { CodedError } from '../../../runtime/errors.ts';
import { checkModel } from '../../check-model.ts';
import type { JsonObject } from '../../model.ts';
import { AddressPolicy, type DelegationTarget } from './address-policy.ts';
import type { FindHandler, OperationAnswer } from './operation-handlers.ts';
import type { OperationCall, OperationVariable } from './operation-runner.ts';

/** Qualifier whose value is the URL that does the operation, as BaSyx names it. */
export const DELEGATION_QUALIFIER = 'invocationDelegation';

const LONGEST_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * The rule for operations that carry the qualifier `invocationDelegation`: their arguments are posted to its URL as a
 * list of OperationVariable, and such a list comes back. Only servers of the list are called; a redirect is not followed.
 */
export function delegationRule(targets: readonly DelegationTarget[]): FindHandler {
  const policy = new AddressPolicy(targets);
  return ({ operation }) => {
    const url = delegationUrl(operation);
    if (url === undefined) return undefined;
    return async (call, signal) => {
      const inputs = [...call.inputArguments, ...call.inoutputArguments];
      return readAnswer(call, await post(policy, url, JSON.stringify(inputs), signal));
    };
  };
}

function delegationUrl(operation: JsonObject): string | undefined {
  // Checked when the Operation came in: a list of qualifiers.
  const qualifiers = (operation['qualifiers'] as readonly JsonObject[] | undefined) ?? [];
  const value = qualifiers.find(({ type }) => type === DELEGATION_QUALIFIER)?.['value'];
  return typeof value === 'string' ? value : undefined;
}

function post(policy: AddressPolicy, target: string, body: string, signal: AbortSignal): Promise<string> {
  const { url, lookup } = policy.admit(target);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const fail = (thrown: unknown) => {
      if (signal.aborted) reject(signal.reason);
      else if (thrown instanceof CodedError) reject(thrown);
      else {
        const message = thrown instanceof Error ? thrown.message : String(thrown);
        reject(new CodedError('E_AAS_REQUEST', `POST ${url.href} failed: ${message}`, { cause: thrown }));
      }
    };
    const sent = send(url, { method: 'POST', headers, lookup, signal }, (response) => {
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) {
        response.resume();
        fail(new CodedError('E_AAS_REQUEST', `POST ${url.href} answered ${statusCode}`));
      } else readText(response).then(resolve, fail);
    });
    sent.on('error', fail);
    sent.end(body);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_ANSWER_BYTES) {
      throw new CodedError(
        'E_AAS_REQUEST',
        `a delegated operation answered more than ${LONGEST_ANSWER_BYTES} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Parts the list into outputs and in-outs by the names of the variables. */
function readAnswer(call: OperationCall, text: string): OperationAnswer {
  const variables = parse(text);
  const inoutNames = call.inoutputArguments.map(({ value }) => value['idShort']);
  const isInout = ({ value }: OperationVariable) => inoutNames.includes(value['idShort']);
  return {
    outputArguments: variables.filter((variable) => !isInout(variable)),
    inoutputArguments: variables.filter(isInout),
  };
}

function parse(text: string): readonly OperationVariable[] {
  let answer: unknown;
  try {
    answer = text === '' ? [] : JSON.parse(text);
  } catch (cause) {
    throw new CodedError('E_AAS_REQUEST', 'a delegated operation answered no JSON', { cause });
  }
  if (!Array.isArray(answer)) {
    throw new CodedError('E_AAS_REQUEST', 'a delegated operation must answer a list of OperationVariable');
  }
  return (answer as readonly unknown[]).map((variable) => ({
    value: checkModel((variable as { value?: unknown } | null)?.value, 'SubmodelElement'),
  }));
}
