/**
 * @param pid of the program that started the browser, which is not counted itself
 * @returns bytes; 0 where the system does not tell
 */
export function memoryOf(pid: number): number;
