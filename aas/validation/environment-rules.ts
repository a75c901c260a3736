import { ENVIRONMENT_LISTS } from '../environment-json.ts';
import { firstRepeated, objectsIn, type Rule } from './rule.ts';

/** What holds for an Environment as a whole. */
export const ENVIRONMENT_RULES: readonly Rule[] = [
  {
    rule: 'unique-id',
    on: { types: ['Environment'] },
    check: ({ object }) => {
      const all = ENVIRONMENT_LISTS.flatMap(([list]) =>
        objectsIn(object, list).map(({ id }, index) => ({ at: `/${list}/${index}`, id })),
      );
      const index = firstRepeated(all, ({ id }) => id);
      return index === undefined
        ? undefined
        : {
            at: all[index]?.at ?? '',
            message: `the id ${String(all[index]?.id)} is there twice; the last one counts`,
          };
    },
  },
];
