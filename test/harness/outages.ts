import { setTimeout as sleep } from 'node:timers/promises'
import type { Publisher } from './publisher.ts'
import { type Handler, json, status } from './upstream.ts'

/** A way in which an issuer is down. */
export interface Outage {
  readonly begin: (publisher: Publisher, clock: () => number) => void | Promise<void>
  readonly end: (publisher: Publisher) => void | Promise<void>
}

export const outages: Readonly<Record<string, Outage>> = {
  'with its port closed': { begin: (publisher) => publisher.stop(), end: (publisher) => publisher.start() },
  'answering 503': misbehaving(() => status(503)),
  hanging: misbehaving(hangs),
  'answering nonsense': misbehaving(speaksNonsense),
}

function misbehaving(how: (clock: () => number) => Handler): Outage {
  return {
    begin: (publisher, clock) => {
      publisher.misbehave = how(clock)
    },
    // It comes back as another process: nobody waits for the old one.
    end: (publisher) => {
      publisher.misbehave = undefined
      publisher.cutOff()
    },
  }
}

/**
 * The deadline for a call is five seconds, and not by the clock: it would not end while that runs through an hour. So somebody in between
 * cuts the call off when the clock has gone on as far, or, when that stands still, later than anybody's patience ends.
 */
function hangs(clock: () => number): Handler {
  async function hang({ socket }: Parameters<Handler>[0]): Promise<void> {
    const until = clock() + 5000
    const latest = performance.now() + 1500
    while (clock() < until && performance.now() < latest) {
      await sleep(5)
    }
    socket.destroy()
  }
  return (request) => void hang(request)
}

/** Another kind at each call. */
function speaksNonsense(): Handler {
  const kinds: readonly Handler[] = [
    json({}),
    json({ keys: [] }),
    json(null),
    status(404),
    status(204),
    status(302, { location: '/jwks' }),
    json({ issuer: 'https://other.example', jwks_uri: 'https://other.example/jwks', keys: [{ kty: 'XYZ' }] }),
    (_request, response) => response.end('<!doctype html><title>Maintenance</title>'),
    (_request, response) => response.end('{"keys":['),
    ({ socket }) => void socket.end('220 mail.example ESMTP\r\n'),
  ]
  let count = 0
  return (request, response) => {
    const act = kinds[count % kinds.length]
    count += 1
    act?.(request, response)
  }
}
