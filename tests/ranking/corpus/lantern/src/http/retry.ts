/** Run it again while the network is down: after 1, 2, 4, ... seconds. */
export async function withRetry<T>(run: () => Promise<T>, most = 5): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof TypeError) || attempt + 1 >= most) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** attempt));
    }
  }
}
