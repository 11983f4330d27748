import { HttpClient } from "../http/client";

const EARLY = 5 * 60 * 1000;

/** Who is logged in, kept in local storage. */
export class Session {
  private timer?: number;

  constructor(private client: HttpClient, private storage: Storage = localStorage) {}

  async login(user: string, password: string): Promise<void> {
    const answer = await this.client.post("/login", { user, password });
    this.keep(answer.token, answer.until);
  }

  /** Ask for a new token a while before the old one is no longer good. */
  private keep(token: string, until: number): void {
    this.storage.setItem("token", token);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), until - Date.now() - EARLY);
  }

  async refresh(): Promise<void> {
    const answer = await this.client.post("/refresh", { token: this.storage.getItem("token") });
    this.keep(answer.token, answer.until);
  }

  logout(): void {
    clearTimeout(this.timer);
    this.storage.removeItem("token");
  }
}
