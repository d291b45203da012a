// How much may be planned at once. Its sender keeps to it as well: a server that refuses a body may close before all of it is sent,
// and what the sender sees then is a broken connection.

/** Of the request, whose files are in memory together. Each file may be as large as one that is applied. */
export const planBytesMax = 8_388_608;
