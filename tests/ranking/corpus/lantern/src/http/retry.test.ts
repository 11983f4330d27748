import { expect, it } from "vitest";
import { withRetry } from "./retry";

it("retries a request while the network is down", async () => {
  let attempts = 0;
  const answer = await withRetry(async () => {
    attempts++;
    if (attempts < 3) throw new TypeError("network is down");
    return "answer";
  });
  expect(answer).toBe("answer");
  expect(attempts).toBe(3);
});

it("gives up a request after the maximum of attempts", async () => {
  await expect(
    withRetry(async () => {
      throw new TypeError("network is down");
    }, 2),
  ).rejects.toThrow("network is down");
});
