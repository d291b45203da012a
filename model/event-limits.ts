// What one event may carry. The sum stays below the 1 MiB that a NATS message may have by default.

/** As sent; each tag with a colon adds one more when it is stored. */
export const eventTagsMax = 64;
export const eventTagCharsMax = 256;
export const eventTypeCharsMax = 128;
export const eventSourceCharsMax = 256;
/** Of the value written as JSON. */
export const eventValueBytesMax = 262_144;
/** Events that one request may bring. */
export const eventsInBatchMax = 10_000;
/** What the sender of a CloudEvent gives beside: its own id, and each of its attributes. */
export const senderIdCharsMax = 256;
export const attributesMax = 64;
export const attributeNameCharsMax = 64;
export const attributeCharsMax = 2_048;
/** Of all of them written as JSON. */
export const attributesBytesMax = 65_536;
