import { OperationHandlers } from '../../../aas/server/operations/operation-handlers.ts';
import { CodedError } from '../../../runtime/errors.ts';
import { integer, submodel, text } from '../running-environment.ts';

export const SUBMODEL_ID = 'urn:test:machine';
export const SHELL_ID = 'urn:test:shell';

const variable = (value: object) => ({ value });
const withoutValue = (idShort: string, valueType = 'xs:int') => ({
  modelType: 'Property',
  idShort,
  valueType,
});

/** A submodel with Operations at the top, in a collection and in a list, and a Property that is none. */
export const MACHINE = submodel(SUBMODEL_ID, [
  {
    modelType: 'Operation',
    idShort: 'add',
    inputVariables: [variable(withoutValue('left')), variable(integer('right', 10))],
    inoutputVariables: [variable(withoutValue('counter'))],
    outputVariables: [variable(withoutValue('sum'))],
  },
  { modelType: 'Operation', idShort: 'fail' },
  { modelType: 'Operation', idShort: 'hang' },
  { modelType: 'Operation', idShort: 'nobody' },
  {
    modelType: 'Operation',
    idShort: 'describe',
    inputVariables: [
      variable({
        modelType: 'SubmodelElementCollection',
        idShort: 'part',
        value: [withoutValue('size'), withoutValue('name', 'xs:string')],
      }),
      variable({
        modelType: 'SubmodelElementList',
        idShort: 'holes',
        typeValueListElement: 'Property',
        valueTypeListElement: 'xs:int',
      }),
    ],
    outputVariables: [variable(withoutValue('summary', 'xs:string'))],
  },
  {
    modelType: 'SubmodelElementCollection',
    idShort: 'tools',
    value: [{ modelType: 'Operation', idShort: 'fail' }],
  },
  {
    modelType: 'SubmodelElementList',
    idShort: 'all',
    typeValueListElement: 'Operation',
    value: [{ modelType: 'Operation' }],
  },
  text('name', 'press 1'),
]);

export const SHELL = {
  modelType: 'AssetAdministrationShell',
  id: SHELL_ID,
  idShort: 'Machine',
  assetInformation: { assetKind: 'Instance' },
  submodels: [{ type: 'ModelReference', keys: [{ type: 'Submodel', value: SUBMODEL_ID }] }],
};

/** Handlers of the submodel above; `release` lets the next `hang` end. */
export function sampleHandlers(): {
  readonly handlers: OperationHandlers;
  release(): void;
  readonly aborted: string[];
} {
  const handlers = new OperationHandlers();
  const aborted: string[] = [];
  let release = () => {};
  const fail = async () => {
    throw new CodedError('E_WRONG_STATE', 'the press is open');
  };
  handlers.register(SUBMODEL_ID, 'fail', fail);
  handlers.register(SUBMODEL_ID, 'tools.fail', fail);
  handlers.register(SUBMODEL_ID, 'all[0]', async () => ({}));
  handlers.register(SUBMODEL_ID, 'add', async ({ inputArguments, inoutputArguments }) => {
    const [left = 0, right = 0] = inputArguments.map(({ value }) => Number(value['value']));
    const counter = Number(inoutputArguments[0]?.value['value']);
    return {
      outputArguments: [{ value: integer('sum', left + right) }],
      inoutputArguments: [{ value: integer('counter', counter + 1) }],
    };
  });
  handlers.register(SUBMODEL_ID, 'describe', async ({ inputArguments }) => ({
    outputArguments: [
      { value: text('summary', JSON.stringify(inputArguments.map(({ value }) => value['value']))) },
    ],
  }));
  handlers.register(SUBMODEL_ID, 'hang', (_call, signal) => {
    signal.addEventListener('abort', () => aborted.push(String(signal.reason.code)));
    return new Promise((resolve) => {
      release = () => resolve({});
    });
  });
  return { handlers, release: () => release(), aborted };
}
