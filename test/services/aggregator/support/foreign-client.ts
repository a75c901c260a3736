/** An AAS client that knows nothing of us but the AAS API: plain requests, found ids. */
export class ForeignClient {
  readonly #url: () => string;

  constructor(url: () => string) {
    this.#url = url;
  }

  /** Looks the Commands submodel of a shell up by an asset id. @returns the path of its elements */
  async commandsOf(name: 'federation' | 'participant', value: string): Promise<string> {
    const found = await this.request('POST', '/lookup/shellsByAssetLink', [{ name, value }]);
    const shellId = encode(found.body.result[0]);
    const references = await this.request('GET', `/shells/${shellId}/submodel-refs`);
    for (const { keys } of references.body.result) {
      const id = encode(keys[0].value);
      const { body } = await this.request('GET', `/submodels/${id}?level=core`);
      if (body.idShort === 'Commands') return `/submodels/${id}/submodel-elements`;
    }
    throw new Error(`the shell of ${name} ${value} has no Commands`);
  }

  /** Invokes a command synchronously with one text argument. @returns the result body and what `result` holds */
  async invoke(
    commands: string,
    command: string,
    argument?: string | object,
    timeout?: string,
  ): Promise<Invoked> {
    const answer = await this.request('POST', `${commands}/${command}/invoke/$value`, {
      inputArguments: await this.#arguments(commands, command, argument),
      ...(timeout === undefined ? {} : { clientTimeoutDuration: timeout }),
    });
    return invoked(answer);
  }

  /** Invokes a command asynchronously. @returns the path of its status */
  async begin(
    commands: string,
    command: string,
    argument?: string | object,
    timeout?: string,
  ): Promise<string> {
    const answer = await this.request('POST', `${commands}/${command}/invoke-async/$value`, {
      inputArguments: await this.#arguments(commands, command, argument),
      ...(timeout === undefined ? {} : { clientTimeoutDuration: timeout }),
    });
    if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.headers.get('location') ?? '';
  }

  /** The result of an asynchronous invocation whose status answered 302. */
  async result(location: string): Promise<Invoked> {
    return invoked(await this.request('GET', `${location}/$value`));
  }

  async request(method: string, path: string, body?: unknown): Promise<ForeignAnswer> {
    const response = await fetch(`${this.#url()}${path}`, {
      method,
      redirect: 'manual',
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  async #arguments(
    commands: string,
    command: string,
    argument: string | object | undefined,
  ): Promise<object> {
    if (argument === undefined) return {};
    const { body } = await this.request('GET', `${commands}/${command}`);
    const name = body.inputVariables[0].value.idShort;
    return { [name]: typeof argument === 'string' ? argument : JSON.stringify(argument) };
  }
}

interface ForeignAnswer {
  readonly status: number;
  readonly headers: Headers;
  // A test reads whatever is answered; its assertions say what that must be.
  readonly body: ReturnType<typeof JSON.parse>;
}

interface Invoked {
  readonly status: number;
  readonly executionState: string;
  /** What the text `result` holds: parsed where it is JSON. */
  readonly result: ReturnType<typeof JSON.parse>;
  readonly exception: string | undefined;
}

function invoked({ status, body }: ForeignAnswer): Invoked {
  const text = body.outputArguments?.result;
  const { result, exception } = text === undefined ? {} : JSON.parse(text);
  return { status, executionState: body.executionState, result: parsed(result), exception };
}

function parsed(text: string | undefined): unknown {
  return text !== undefined && /^[{[]/.test(text) ? JSON.parse(text) : text;
}

function encode(id: string): string {
  return Buffer.from(id).toString('base64url');
}
