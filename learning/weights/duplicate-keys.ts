/**
 * The keys that stand twice in one object of a JSON text, which `JSON.parse` lets pass in silence: two readers could
 * take different tensors from such a file.
 * @param json a text that `JSON.parse` accepts.
 */
export function duplicateKeys(json: string): string[] {
  const duplicates: string[] = [];
  const openObjects: (Set<string> | undefined)[] = [];
  for (let position = 0; position < json.length; position++) {
    const character = json[position];
    if (character === '{') openObjects.push(new Set());
    else if (character === '[') openObjects.push(undefined);
    else if (character === '}' || character === ']') openObjects.pop();
    else if (character === '"') {
      const end = endOfString(json, position);
      const keys = openObjects.at(-1);
      if (keys !== undefined && isFollowedByColon(json, end)) {
        const key = String(JSON.parse(json.slice(position, end + 1)));
        if (keys.has(key)) duplicates.push(key);
        keys.add(key);
      }
      position = end;
    }
  }
  return duplicates;
}

function endOfString(json: string, start: number): number {
  let quote = json.indexOf('"', start + 1);
  while (isEscaped(json, quote)) quote = json.indexOf('"', quote + 1);
  return quote;
}

function isEscaped(json: string, quote: number): boolean {
  let backslashes = 0;
  while (json[quote - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

function isFollowedByColon(json: string, end: number): boolean {
  let next = end + 1;
  while (json[next] === ' ' || json[next] === '\n' || json[next] === '\r' || json[next] === '\t') next++;
  return json[next] === ':';
}
