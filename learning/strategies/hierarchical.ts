import { CodedError } from '../../runtime/errors.ts';
import { refuseUnknownOptions } from '../options.ts';
import { mergeVersions } from './merge-versions.ts';
import { numberOption } from './number-option.ts';
import { oneModel } from './one-model.ts';
import { MAIN_GROUP, type Strategy, type StrategySpec } from './strategy.ts';

/**
 * Hierarchical averaging (L. Liu et al.: Client-Edge-Cloud Hierarchical Federated Learning, arXiv:1905.06641): participants
 * with the same value of `attribute` share an edge, whose model is averaged every round; every `edgeRounds` rounds the
 * edges' models are averaged, each by the examples behind it, and all go on from that. With 1 it is FedAvg.
 */
export function hierarchical(spec: StrategySpec): Strategy {
  refuseUnknownOptions('strategy', spec, ['attribute', 'edgeRounds']);
  const attribute = spec['attribute'];
  if (typeof attribute !== 'string' || attribute === '') {
    const message = 'must name an attribute of the participants';
    const faults = [{ path: '/strategy/attribute', message }];
    throw new CodedError('E_INVALID_INPUT', `hierarchical: attribute ${message}`, { faults });
  }
  const edgeRounds = numberOption(spec, 'edgeRounds', { fallback: 2, from: 1, to: 1000, integer: true });
  const plain = oneModel({ key: 'hierarchical' });
  return {
    ...plain,
    plan: (_state, participants) =>
      participants.map(({ participant, attributes }) => ({
        participant,
        groups: [attributes[attribute] === undefined ? MAIN_GROUP : `edge-${attributes[attribute]}`],
      })),
    groupsOf: (_state, contributions) => contributions.map(({ group }) => group),
    finish: (state, round) => {
      const edges = plain.finish(state, round);
      return edges.state.rounds % edgeRounds === 0 ? mergeVersions(edges, round) : edges;
    },
  };
}
