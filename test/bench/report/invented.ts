import type { Series } from '../measure/series.ts'
import { algorithms } from '../world/world.ts'
import type { Results } from './results.ts'

/** A run that never was, for tests: with the names that the suites use, and figures like those of the first measurements. */
export function invented(): Results {
  return {
    date: '2026-11-25',
    node: 'v26.10.0',
    cpu: 'Invented Processor @ 2.60GHz',
    cores: 2,
    series: [...inProcess(), ...throughHttp(), ...opaque(), ...growth()],
  }
}

function measured(suite: Series['suite'], setting: string, contender: string, unit: string, median: number): Series {
  return { suite, setting, contender, unit, samples: [0.98 * median, median, 1.02 * median] }
}

function inProcess(): readonly Series[] {
  const micros = {
    'no work': [0.3, 0.3],
    'node:crypto verify, synchronous': [23.4, 26.2],
    tollgate: [2.1, 36.1],
    'tollgate, remembering nothing': [33.2, 33.9],
    jose: [32.1, 31.9],
    'fast-jwt, cache on': [4.34, 123.8],
    'express-oauth2-jwt-bearer': [55.8, 60.9],
    'koa-jwt': [74, 73],
  }
  return algorithms.flatMap((algorithm) =>
    ['1 in flight', '64 in flight'].flatMap((inFlight) =>
      Object.entries(micros).flatMap(([contender, [warm = 0, cold = 0]]) => [
        measured('in-process', `${algorithm} cold, ${inFlight}`, contender, 'µs', cold),
        measured('in-process', `${algorithm} warm, ${inFlight}`, contender, 'µs', warm),
      ]),
    ),
  )
}

function throughHttp(): readonly Series[] {
  const rates = {
    Express: {
      'Express 5 bare': 24303,
      'Express 5 + Tollgate': 21800,
      'Express 5 + express-oauth2-jwt-bearer': 10176,
      'Express 5 + node:crypto by hand': 10900,
    },
    Koa: { 'Koa 3 bare': 50374, 'Koa 3 + Tollgate': 41200, 'Koa 3 + koa-jwt': 5610 },
    Fastify: { 'Fastify 5 bare': 52573, 'Fastify 5 + Tollgate': 41500, 'Fastify 5 + fastify-jwt-jwks': 9338 },
  }
  return Object.entries(rates).flatMap(([framework, contenders]) =>
    ['warm', 'cold', 'Zipf'].flatMap((mix) =>
      Object.entries(contenders).flatMap(([contender, rate]) => [
        measured('http', `${framework} ${mix}`, contender, 'req/s', rate),
        measured('http', `${framework} ${mix}, p50`, contender, 'ms', 64_000 / rate),
        measured('http', `${framework} ${mix}, p99`, contender, 'ms', 190_000 / rate),
        measured('http', `${framework} ${mix}, CPU`, contender, 'µs', 900_000 / rate),
      ]),
    ),
  )
}

function opaque(): readonly Series[] {
  const exactly = (setting: string, contender: string, calls: number): Series => ({
    ...measured('opaque', setting, contender, 'calls', calls),
    samples: [calls, calls],
  })
  return [
    ...['5 ms', '50 ms'].flatMap((delay) =>
      ['tollgate', 'oauth4webapi'].flatMap((contender, peer) => [
        measured('opaque', `${delay}, req/s`, contender, 'req/s', peer ? 3413 : 313_239),
        exactly(`${delay}, calls for 10,000 requests over 100 tokens`, contender, peer ? 10_000 : 100),
        exactly(`${delay}, calls in a burst of 1,000 for one token`, contender, peer ? 1000 : 1),
      ]),
    ),
    measured('opaque', 'warm, 64 in flight', 'tollgate, JWT', 'µs', 2.1),
    measured('opaque', 'warm, 64 in flight', 'tollgate, opaque', 'µs', 2.2),
  ]
}

function growth(): readonly Series[] {
  return [
    ...['1', '1,000', '1,000,000'].map((count, index) =>
      measured('growth', 'warm by distinct tokens', `${count} tokens`, 'µs', 2 + 12 * index),
    ),
    ...['warm', 'cold'].flatMap((state) => [
      measured('growth', `${state} by issuers`, '1 issuer', 'µs', 2.1),
      measured('growth', `${state} by issuers`, '10,000 issuers', 'µs', 2.2),
      measured('growth', `${state} by keys in the set`, '1 key', 'µs', 2.1),
      measured('growth', `${state} by keys in the set`, '64 keys', 'µs', 2.2),
    ]),
    measured('growth', 'memory with 1,000,000 tokens offered', 'tollgate', 'MB', 49),
    measured('growth', 'memory per remembered verdict', 'tollgate', 'bytes', 1216),
    measured('growth', 'start-up', 'tollgate', 'ms', 96.4),
  ]
}
