'use strict';

/** Routes requests by method and path. — für alle, 日本語も. */
const http = require('http');

const METHODS = ['GET', 'POST', 'DELETE'];

/**
 * A route with its handler.
 * @param {string} path
 */
function Route(path, handler) {
  this.path = path;
  this.handler = handler;
}

// Does the path begin as the route does?
Route.prototype.matches = function (path) {
  return path === this.path || path.startsWith(this.path + '/');
};

class Router extends http.Agent {
  static defaults = { strict: false };

  #routes = [];

  constructor(options = {}) {
    super();
    this.options = { ...Router.defaults, ...options };
  }

  get size() {
    return this.#routes.length;
  }

  onError = (error) => {
    console.error(`router: ${error.message}`);
  };

  /** Add a route. */
  add(method, path, handler) {
    if (!METHODS.includes(method)) {
      throw new TypeError(`no method ${method}`);
    }
    this.#routes.push({ method, route: new Route(path, handler) });
    return this;
  }

  async *handle(request) {
    for (const { method, route } of this.#routes) {
      if (method === request.method && route.matches(request.url)) {
        yield await route.handler(request);
      }
    }
  }
}

const compose = (...steps) => (input) => steps.reduce((value, step) => step(value), input);

const slugify = function (text) {
  return text.normalize('NFKD').replace(/[^\w]+/g, '-').toLowerCase();
};

function* ids(prefix) {
  let next = 0;
  while (true) {
    yield `${prefix}-${next++}`;
  }
}

const codecs = {
  json(text) {
    return JSON.parse(text);
  },
  lines: (text) => text.split('\n'),
  'x-form': function (text) {
    return Object.fromEntries(new URLSearchParams(text));
  },
};

exports.listen = function listen(router, port) {
  const server = http.createServer((request, response) => {
    router.handle(request).next().then(({ value }) => response.end(String(value)));
  });
  return server.listen(port);
};

module.exports.Router = Router;
module.exports.helpers = { compose, slugify, ids, codecs };
