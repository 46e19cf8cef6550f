/** The bundled model that is used when none is named. */
export const defaultModel = "interim-realtime";
