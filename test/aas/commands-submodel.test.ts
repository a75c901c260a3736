import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkModel } from '../../aas/check-model.ts';
import { federationCommands, participantCommands } from '../../aas/submodels/commands.ts';

const golden = (name: string) => JSON.parse(readFileSync(join(__dirname, 'golden', `${name}.json`), 'utf8'));

describe('the Commands submodel', () => {
  it.each([
    ['Commands_federation', federationCommands('urn:test:federation:gearbox:Commands')],
    ['Commands_participant', participantCommands('urn:test:participant:press-1:Commands')],
  ])('%s is as its golden file says and sound', (name, submodel) => {
    expect(submodel).toEqual(golden(name));
    expect(checkModel(submodel, 'Submodel')).toBe(submodel);
  });

  it('has one text as argument at most and the text result as output', () => {
    const { submodelElements = [] } = federationCommands('urn:test:commands');
    const operations = submodelElements.map((element) => {
      if (element.modelType !== 'Operation') throw new Error('all elements are Operations');
      const names = (variables: typeof element.inputVariables = []) =>
        variables.map(({ value }) => [
          value.idShort,
          value.modelType === 'Property' ? value.valueType : undefined,
        ]);
      expect(names(element.outputVariables)).toEqual([['result', 'xs:string']]);
      return [element.idShort, ...names(element.inputVariables).map(([name, type]) => `${name} ${type}`)];
    });
    expect(operations).toEqual([
      ['startTraining', 'parameters xs:string'],
      ['startTrainingAsync', 'parameters xs:string'],
      ['stopTraining', 'runId xs:string'],
      ['changeAiModel', 'modelId xs:string'],
      ['reconfigure', 'values xs:string'],
      ['getState'],
      ['infer', 'request xs:string'],
      ['inferAsync', 'request xs:string'],
      ['feedbackToAi', 'feedback xs:string'],
      ['feedbackToAiAsync', 'feedback xs:string'],
    ]);
  });
});
