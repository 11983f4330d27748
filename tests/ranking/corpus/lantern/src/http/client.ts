import { withRetry } from "./retry";

export class HttpError extends Error {
  constructor(readonly status: number, path: string) {
    super(`the server answered ${status} for ${path}`);
  }
}

/** fetch with a base address, JSON and errors. */
export class HttpClient {
  constructor(private base = "/api/v2") {}

  async blob(path: string): Promise<Blob> {
    return (await this.send("GET", path)).blob();
  }

  async post(path: string, body: unknown): Promise<any> {
    return (await this.send("POST", path, JSON.stringify(body))).json();
  }

  private send(method: string, path: string, body?: string): Promise<Response> {
    return withRetry(async () => {
      const answer = await fetch(this.base + path, { method, body });
      if (!answer.ok) throw new HttpError(answer.status, path);
      return answer;
    });
  }
}
