import fc from 'fast-check';
import { checkText } from '../../cli/line/check-text.ts';
import { discoveredLineText } from '../../cli/line/discovered-line.ts';
import { discoveryText } from '../../cli/line/discovery-text.ts';
import { WatchedValues } from '../../cli/line/watched-values.ts';
import { printable } from '../../cli/terminal/printable.ts';
import { table } from '../../cli/terminal/table.ts';
import { answerCertificates } from '../../cli/trust/certificate-text.ts';
import type { DiscoveredMachine } from '../../connectors/opcua/discovered.ts';

/** Clears the screen, sets the window's title, forges a line, writes from right to left. */
const EVIL = 'Press\u001b[2J\u001b]0;owned\u0007\r\nfits\u009b31m\u202etfel\u2028';
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** What steers a terminal, line ends of our own aside. */
function steers(text: string): boolean {
  return text.split('\n').some((line) => STEERING.test(line));
}

const machine: DiscoveredMachine = {
  name: EVIL,
  path: `/${EVIL}`,
  kind: 'object',
  type: EVIL,
  identification: { [EVIL]: EVIL },
  variables: [
    {
      steps: [{ namespaceUri: EVIL, name: EVIL }],
      node: `nsu=${EVIL};s=${EVIL}`,
      dataType: 'Double',
      length: undefined,
      unit: EVIL,
      hasHistory: false,
      status: EVIL,
    },
  ],
};
const [variable] = machine.variables;
const proposals = [{ name: 'load', variable: variable! }];

describe('text of somebody else on the terminal', () => {
  it('shows as code points what would steer it, and everything else as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(STEERING);
      }),
    );
    expect(printable('Öldruck in m/s², 温度 → 😀')).toBe('Öldruck in m/s², 温度 → 😀');
    expect(printable('\u001b[2J\u{e0041}')).toBe('\\u001b[2J\\u{e0041}');
    expect(printable('x'.repeat(10_000)).length).toBeLessThan(3_000);
  });

  it('steers nothing in what line discover says and writes', () => {
    const discovery = {
      namespaces: [EVIL],
      nodesets: [EVIL],
      clockOffsetMs: 0,
      operationLimits: {},
      machines: [machine],
      shells: [{ name: EVIL, path: EVIL, identification: { Id: EVIL } }],
      isComplete: true,
    };
    const server = {
      endpoint: 'opc.tcp://press:4840',
      securityMode: 'SignAndEncrypt',
      trust: 'listed',
    } as const;

    const shown = discoveryText(discovery, [{ machine, proposals, measurement: undefined }], new Map());
    const written = discoveredLineText({ server, machine, proposals, measurement: undefined });

    expect(steers(shown)).toBe(false);
    expect(shown).toContain('Press\\u001b[2J');
    expect(written.split('\n').filter((line) => line.startsWith('#') && STEERING.test(line))).toEqual([]);
  });

  it('steers nothing in what line check and line watch say', () => {
    const finding = { kind: 'fault', path: `/signals/${EVIL}`, message: EVIL } as const;
    const checked = checkText(
      { name: 'press', endpoint: 'opc.tcp://press:4840', findings: [finding], measurement: undefined },
      5,
    );
    const values = new WatchedValues(['load'], () => undefined);
    values.state({ state: 'degraded', reason: EVIL });
    values.receive([{ signal: 'load', value: EVIL, sourceTimestampMs: 0, quality: 'good' }]);

    expect(checked.split('\n')).toHaveLength(2);
    expect(steers(checked)).toBe(false);
    expect(values.lines('opc.tcp://press:4840').filter((line) => STEERING.test(line))).toEqual([]);
  });

  it('steers nothing in what trust list says, which is one line a certificate', () => {
    const written: string[] = [];
    const stdout = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    try {
      answerCertificates({}, [
        {
          sha256: 'ab'.repeat(32),
          status: 'rejected',
          subject: EVIL,
          issuer: EVIL,
          hosts: [EVIL],
          validFrom: '2026-01-01T00:00:00.000Z',
          validTo: '2027-01-01T00:00:00.000Z',
          authority: false,
          allowed: [],
          refusals: [
            { endpoint: EVIL, codes: ['E_OPCUA_UNTRUSTED'], reason: EVIL, at: '2026-01-01T00:00:00.000Z' },
          ],
        },
      ]);
    } finally {
      stdout.mockRestore();
    }
    expect(written.join('').trimEnd().split('\n')).toHaveLength(2);
    expect(steers(written.join(''))).toBe(false);
  });

  it('keeps the columns of a table in line', () => {
    expect(
      table([
        ['a', 'b'],
        ['x\ty', '1'],
      ]).split('\n'),
    ).toEqual(['a         b', 'x\\u0009y  1']);
  });
});
