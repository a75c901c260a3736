import { CodedError, toCodedError } from '../../runtime/errors.ts';

/** Results by which a server says that it will not have us, or us with these credentials. */
const REFUSALS: Readonly<Record<string, string>> = {
  BadSecurityChecksFailed: 'refuses our certificate',
  BadCertificateUntrusted: 'refuses our certificate',
  BadCertificateUriInvalid: 'refuses our certificate',
  BadCertificateUseNotAllowed: 'refuses our certificate',
  BadUserAccessDenied: 'refuses the user name or password',
  BadIdentityTokenRejected: 'refuses the user name or password',
  BadIdentityTokenInvalid: 'takes no user of this kind',
};

/**
 * Tells a failure to connect that somebody must end (`E_OPCUA_SECURITY`) from one that may pass by itself
 * (`E_OPCUA_UNREACHABLE`).
 */
export function toConnectError(thrown: unknown, endpointUrl: string, certificateFile: string): CodedError {
  if (thrown instanceof CodedError) return thrown;
  const { message } = toCodedError(thrown);
  const status = statusOf(thrown, message);
  const refusal = status === undefined ? undefined : REFUSALS[status];
  if (refusal !== undefined) {
    const remedy = refusal.endsWith('certificate') ? `; trust ${certificateFile} there` : '';
    return new CodedError('E_OPCUA_SECURITY', `${endpointUrl} ${refusal} (${status})${remedy}`, {
      cause: thrown,
    });
  }
  const [firstLine = ''] = message.split('\n');
  const what = message.includes('ECONNREFUSED') ? 'no server listens there' : firstLine.trim();
  return new CodedError('E_OPCUA_UNREACHABLE', `${endpointUrl}: ${what}`, { cause: thrown });
}

function statusOf(thrown: unknown, message: string): string | undefined {
  // The shape of the library's ServiceFaultAnnotatedError; every step is checked.
  const fault = thrown as {
    statusCode?: { name?: unknown };
    response?: { responseHeader?: { serviceResult?: { name?: unknown } } };
  } | null;
  const name = fault?.response?.responseHeader?.serviceResult?.name ?? fault?.statusCode?.name;
  if (typeof name === 'string') return name;
  // A server that ends the connection with an error message leaves the library nothing but text.
  return Object.keys(REFUSALS).find((status) => message.includes(status));
}
