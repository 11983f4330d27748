import { EventEmitter } from 'node:events';

/** What a store can hold. */
export type Value = string | number | Uint8Array;

export interface Codec<T> {
  readonly name: string;
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

export enum Level {
  Debug,
  Info = 'info',
}

export const DEFAULT_LIMIT = 1_000;

function assertNever(value: never): never;
function assertNever(value: unknown): never {
  throw new Error(`unexpected ${String(value)}`);
}

export abstract class Store<K extends string, V extends Value> extends EventEmitter {
  protected readonly entries = new Map<K, V>();

  constructor(private readonly limit: number = DEFAULT_LIMIT) {
    super();
  }

  abstract flush(): Promise<void>;

  /** Überschreibt, was unter dem Schlüssel steht. ✅ */
  set(key: K, value: V): this {
    if (this.entries.size >= this.limit && !this.entries.has(key)) {
      throw new RangeError(`more than ${this.limit} entries`);
    }
    this.entries.set(key, value);
    this.emit('set', key);
    return this;
  }

  get = (key: K): V | undefined => this.entries.get(key);

  get size(): number {
    return this.entries.size;
  }
}

@sealed
export class MemoryStore extends Store<string, Value> {
  async flush(): Promise<void> {
    this.entries.clear();
  }
}

function sealed(constructor: Function): void {
  Object.seal(constructor);
  Object.seal(constructor.prototype);
}

export namespace Codecs {
  export const text: Codec<string> = {
    name: 'text',
    encode(value) {
      return new TextEncoder().encode(value);
    },
    decode: (bytes) => new TextDecoder().decode(bytes),
  };

  export function byName(name: string): Codec<string> {
    if (name !== text.name) {
      throw new Error(`no codec ${name}`);
    }
    return text;
  }
}

export const describe = (value: Value): string => {
  switch (typeof value) {
    case 'string':
      return `"${value}"`;
    case 'number':
      return value.toFixed(2);
    case 'object':
      return `${value.byteLength} bytes`;
    default:
      return assertNever(value);
  }
};

declare module 'legacy-store' {
  export function open(path: string): MemoryStore;
}
