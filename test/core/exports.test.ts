/** An application imports what it needs from its adapter, by name. */
import * as core from '@tollgate/core'
import * as express from '@tollgate/express'
import * as fastify from '@tollgate/fastify'
import * as hono from '@tollgate/hono'
import * as koa from '@tollgate/koa'
import * as nestjs from '@tollgate/nestjs'
import { expect, test } from 'vitest'

test.each(Object.entries({ express, koa, fastify, hono, nestjs }))(
  '@tollgate/%s exports the values of the core',
  (_name, adapter) => {
    // An application that lists all reasons imports them from the core.
    const needed = Object.keys(core).filter((name) => name !== 'refusalReasons')
    expect(Object.keys(adapter)).toEqual(expect.arrayContaining(needed))
  },
)
