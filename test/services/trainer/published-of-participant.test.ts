import type { TrainerFile } from '../../../openapi/schemas.ts';
import { validate } from '../../../openapi/validate.ts';
import { publishedOfParticipant } from '../../../services/trainer/published-of-participant.ts';

/** A participant as a trainer file has it. */
function participant(opcua: object, more: object = {}): TrainerFile['participants'][number] {
  const file = {
    aggregator: 'http://127.0.0.1:8600',
    pool: { id: 'hall-3' },
    participants: [
      {
        id: 'press-1',
        source: {
          opcua: {
            endpoint: 'opc.tcp://operator:secret@press-1:4840',
            user: { name: 'operator', password: { file: 'press.password' } },
            signals: { vibration: { node: 'nsu=urn:press;s=Wave' } },
            ...opcua,
          },
        },
        ...more,
      },
    ],
  };
  return validate('TrainerFile', file, 'the trainer file').participants[0]!;
}

describe('what a trainer file lets the AAS show', () => {
  it('is nothing by default', () => {
    expect(publishedOfParticipant(participant({}))).toBeUndefined();
    expect(publishedOfParticipant(participant({ publishInterface: false }))).toBeUndefined();
  });

  it('is the interface where it says so, never user or password', () => {
    const published = publishedOfParticipant(participant({ publishInterface: true }));

    expect(published).toEqual({
      interface: {
        endpoint: 'opc.tcp://press-1:4840',
        securityMode: 'SignAndEncrypt',
        userIdentityToken: 'UserName',
        signals: [{ name: 'vibration', node: 'nsu=urn:press;s=Wave' }],
      },
    });
    expect(JSON.stringify(published)).not.toMatch(/operator|secret|password/);
  });

  it('has no signal that is no variable with a node, and nothing where there is none else', () => {
    const byPath = { v: { path: '/nsu=urn:press;Wave' } };

    const some = publishedOfParticipant(
      participant({ publishInterface: true, signals: { ...byPath, w: { node: 'i=1' } } }),
    );

    expect(some?.interface?.signals).toEqual([{ name: 'w', node: 'i=1' }]);
    expect(publishedOfParticipant(participant({ publishInterface: true, signals: byPath }))).toBeUndefined();
  });

  it('is the nameplate alone where only that is there', () => {
    const nameplate = {
      manufacturerName: 'Presses Ltd',
      manufacturerProductDesignation: 'Press 400',
      orderCodeOfManufacturer: 'P400',
      address: { street: 'High Street 1', zipcode: '12345', cityTown: 'Springfield', nationalCode: 'GB' },
    };

    expect(publishedOfParticipant(participant({}, { nameplate }))).toEqual({ nameplate });
  });
});
