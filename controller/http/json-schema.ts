// Builders of JSON Schema (draft 2020-12), in TypeBox's words: as much of them as the API's description needs. TypeBox itself
// costs the controller 20 MiB of memory, for types that nothing here asks for.

export type JsonSchema = Readonly<Record<string, unknown>>;
type Options = Readonly<Record<string, unknown>>;

const optional = Symbol("optional");

const plain =
  (type: string) =>
  (options: Options = {}): JsonSchema => ({ type, ...options });

export const Type = {
  String: plain("string"),
  Integer: plain("integer"),
  Number: plain("number"),
  Boolean: plain("boolean"),
  Null: plain("null"),
  Unknown: (options: Options = {}): JsonSchema => options,
  Literal: (value: string): JsonSchema => ({ const: value, type: "string" }),
  Union: (anyOf: readonly JsonSchema[], options: Options = {}): JsonSchema => ({ anyOf, ...options }),
  Array: (items: JsonSchema, options: Options = {}): JsonSchema => ({ type: "array", items, ...options }),
  Map: (values: JsonSchema): JsonSchema => ({ type: "object", additionalProperties: values }),
  Ref: (name: string): JsonSchema => ({ $ref: `${name}#` }),
  /** A field of an object that may be left out. */
  Optional: (schema: JsonSchema): JsonSchema => ({ ...schema, [optional]: true }),
  Object(properties: Readonly<Record<string, JsonSchema>>, options: Options = {}): JsonSchema {
    const required = Object.keys(properties).filter((name) => !(optional in (properties[name] ?? {})));
    return { type: "object", ...(required.length > 0 ? { required } : {}), properties, ...options };
  },
};
