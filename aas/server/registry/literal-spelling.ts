/**
 * Some Java servers (FA³ST 1.3.0 among them) write the literals of the metamodel into descriptors as their language
 * names them: `INSTANCE`, `EXTERNAL_REFERENCE`, `GLOBAL_REFERENCE`. This gives a descriptor with the metamodel's
 * spelling in its `assetKind` and its references; all else is left as it is, for the check.
 */
export function withMetamodelLiterals(descriptor: unknown): unknown {
  const spelled = spelledReferences(descriptor);
  return isObject(spelled) ? { ...spelled, ...spelledMember(spelled, 'assetKind') } : spelled;
}

function spelledReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spelledReferences);
  if (!isObject(value)) return value;
  const inner = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, spelledReferences(member)]),
  );
  const { keys } = inner;
  // Only a reference has keys. Other members named `type` have literals in capitals, such as `NONE` of a security attribute.
  if (!Array.isArray(keys)) return inner;
  const spelled = (keys as readonly unknown[]).map((key) =>
    isObject(key) ? { ...key, ...spelledMember(key, 'type') } : key,
  );
  return { ...inner, ...spelledMember(inner, 'type'), keys: spelled };
}

function spelledMember(object: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  const literal = object[name];
  if (typeof literal !== 'string' || !/^[A-Z]+(_[A-Z]+)*$/.test(literal)) return {};
  const words = literal.split('_').map((word) => `${word.charAt(0)}${word.slice(1).toLowerCase()}`);
  return { [name]: words.join('') };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
