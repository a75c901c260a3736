/**
 * Joins Prometheus texts whose metrics have the same names, one text a queue, into one: each metric's HELP and TYPE once,
 * followed by all its samples, as the exposition format demands.
 */
export function mergeMetrics(texts: readonly string[]): string {
  const metrics = new Map<string, { readonly heads: Set<string>; readonly samples: string[] }>();
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    const name = /^(?:# (?:HELP|TYPE) )?([a-zA-Z_:][a-zA-Z0-9_:]*)/.exec(line)?.[1];
    if (name === undefined) continue;
    const metric = metrics.get(name) ?? { heads: new Set(), samples: [] };
    metrics.set(name, metric);
    if (line.startsWith('#')) metric.heads.add(line);
    else metric.samples.push(line);
  }
  const lines = [...metrics.values()].flatMap(({ heads, samples }) => [...heads, ...samples]);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
