// schema.mjs - checks a value against the part of JSON Schema that /openapi.json uses. Objects are
// closed: a member that is not listed is a fault, whatever additionalProperties says, because an
// answer holds only documented members (security 56).

function resolve(doc, schema) {
  while (schema?.$ref) schema = schema.$ref.replace(/^#\//, '').split('/').reduce((at, part) => at?.[part], doc);
  return schema;
}

const typeOf = (value) =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;

/** What is wrong with the value, as sentences; empty when nothing is. */
export function faults(doc, schema, value, at = '') {
  schema = resolve(doc, schema);
  if (schema === undefined) return [`${at}: the schema is missing`];
  const out = [];
  const say = (text) => out.push(`${at || '/'}: ${text}`);
  if ('const' in schema && value !== schema.const) say(`is not ${schema.const}`);
  if (schema.enum && !schema.enum.includes(value)) say(`${JSON.stringify(value)} is not one of ${schema.enum}`);
  if (schema.type) {
    const types = [schema.type].flat();
    const type = typeOf(value);
    if (!types.includes(type) && !(type === 'integer' && types.includes('number'))) {
      say(`is ${type}, not ${types}`);
      return out;
    }
  }
  if (typeof value === 'string') {
    const length = [...value].length;
    if (length < (schema.minLength ?? 0)) say('is too short');
    if (length > (schema.maxLength ?? Infinity)) say('is too long');
    if (schema.pattern && !new RegExp(schema.pattern, 'u').test(value)) say(`does not match ${schema.pattern}`);
    if (schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) say('is no time');
  }
  if (typeof value === 'number') {
    if (value < (schema.minimum ?? -Infinity)) say('is too small');
    if (value > (schema.maximum ?? Infinity)) say('is too large');
  }
  if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0) || value.length > (schema.maxItems ?? Infinity)) say('has the wrong length');
    if (schema.items) value.forEach((item, i) => out.push(...faults(doc, schema.items, item, `${at}/${i}`)));
  } else if (typeof value === 'object' && value !== null && schema.properties) {
    for (const name of schema.required ?? []) if (!(name in value)) say(`${name} is missing`);
    for (const [name, item] of Object.entries(value)) {
      if (!(name in schema.properties)) say(`${name} is not documented`);
      else out.push(...faults(doc, schema.properties[name], item, `${at}/${name}`));
    }
  }
  for (const part of schema.allOf ?? []) if (!part.properties) out.push(...faults(doc, part, value, at));
  return out;
}

export { resolve as resolveSchema };
