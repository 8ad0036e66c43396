import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { CleanUp } from '../harness/listen.ts'
import { waitFor } from '../harness/wait-for.ts'
import { reservedPort, type RunningProgram, startServer, temporaryFolder } from './start-program.ts'

/** Redis and Valkey take the same configuration. */
export type RedisProgram = 'redis-server' | 'valkey-server'

/** A server on loopback, without persistence. */
export interface RedisServer {
  readonly port: number
  /** The server accepts connections, and responds to nothing. */
  readonly pause: () => void
  readonly resume: () => void
  /** The server is gone, and its data too. */
  readonly kill: () => Promise<void>
  /** Starts it again on the same port. */
  readonly restart: () => Promise<void>
  /** Sends a command without spaces in its arguments. Resolves with the first lines of the reply. */
  readonly command: (...args: readonly string[]) => Promise<string>
}

export async function startRedis(
  cleanUp: CleanUp,
  program: RedisProgram = 'redis-server',
  args: readonly string[] = [],
): Promise<RedisServer> {
  const port = await reservedPort()
  const common = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const all = [...common, '--dir', temporaryFolder(cleanUp), ...args]
  return serverAt(port, { command: program, args: all }, cleanUp)
}

/** Three masters without replicas. With `replicas`, each has one, which takes over when its master is lost. */
export async function startCluster(
  cleanUp: CleanUp,
  program: RedisProgram = 'redis-server',
  { replicas = false }: { readonly replicas?: boolean } = {},
): Promise<readonly RedisServer[]> {
  const nodes = await Promise.all(
    Array.from({ length: replicas ? 6 : 3 }, async () => startClusterNode(cleanUp, program)),
  )
  const masters = nodes.slice(0, 3)
  await Promise.all(
    masters.map(async ({ command }, index) => {
      const [from, to] = [Math.ceil((index * 16_384) / 3), Math.ceil(((index + 1) * 16_384) / 3) - 1]
      await command('CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${to}`)
      await command('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`)
    }),
  )
  for (const { port, busPort } of nodes.slice(1)) {
    await nodes[0]?.command('CLUSTER', 'MEET', '127.0.0.1', `${port}`, `${busPort}`)
  }
  await waitFor(async () => allSay(nodes, ['CLUSTER', 'INFO'], `cluster_known_nodes:${nodes.length}`))
  for (const [index, replica] of nodes.slice(3).entries()) {
    const id = /[0-9a-f]{40}/.exec((await masters[index]?.command('CLUSTER', 'MYID')) ?? '')?.[0] ?? ''
    await replica.command('CLUSTER', 'REPLICATE', id)
  }
  await waitFor(async () => allSay(nodes, ['CLUSTER', 'INFO'], 'cluster_state:ok'))
  await waitFor(async () => allSay(nodes.slice(3), ['INFO', 'replication'], 'master_link_status:up'))
  return nodes
}

type ClusterNode = RedisServer & { readonly busPort: number }

async function startClusterNode(cleanUp: CleanUp, program: RedisProgram): Promise<ClusterNode> {
  const busPort = await reservedPort()
  const args = ['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`, '--cluster-node-timeout', '1000']
  // The slots of the other nodes stay in use when one is lost.
  const server = await startRedis(cleanUp, program, [
    ...args,
    '--cluster-require-full-coverage',
    'no',
    ...fastReplication,
  ])
  return { ...server, busPort }
}

const fastReplication = ['--repl-diskless-sync-delay', '0']

export interface SentinelSetup {
  /** The name of the master. */
  readonly name: string
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly sentinels: readonly RedisServer[]
}

/** A master with a replica, and three sentinels. A master that is lost for half a second is replaced. */
export async function startSentinels(cleanUp: CleanUp, program: RedisProgram = 'redis-server'): Promise<SentinelSetup> {
  const name = 'tollgate'
  const master = await startRedis(cleanUp, program, fastReplication)
  const replica = await startRedis(cleanUp, program, [...fastReplication, '--replicaof', '127.0.0.1', `${master.port}`])
  await waitFor(async () => allSay([replica], ['INFO', 'replication'], 'master_link_status:up'))
  const sentinels = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const port = await reservedPort()
      const folder = temporaryFolder(cleanUp)
      const file = join(folder, 'sentinel.conf')
      writeFileSync(file, sentinelConfiguration({ port, folder, name, master: master.port }))
      return serverAt(port, { command: program, args: [file, '--sentinel'] }, cleanUp)
    }),
  )
  const knows = (line: string) => waitFor(async () => allSay(sentinels, ['SENTINEL', 'MASTER', name], line))
  await knows('num-slaves\r\n$1\r\n1')
  await knows('num-other-sentinels\r\n$1\r\n2')
  return { name, master, replica, sentinels }
}

function sentinelConfiguration(of: {
  readonly port: number
  readonly folder: string
  readonly name: string
  readonly master: number
}): string {
  return `
port ${of.port}
bind 127.0.0.1
dir ${of.folder}
sentinel monitor ${of.name} 127.0.0.1 ${of.master} 2
sentinel down-after-milliseconds ${of.name} 500
sentinel failover-timeout ${of.name} 3000
`
}

interface ServerProgram {
  readonly command: RedisProgram
  readonly args: readonly string[]
}

async function serverAt(port: number, program: ServerProgram, cleanUp: CleanUp): Promise<RedisServer> {
  const isReady = async (): Promise<boolean> => (await send(port, ['PING'])).startsWith('+PONG')
  const start = (): Promise<RunningProgram> => startServer(program, isReady, cleanUp)
  let running = await start()
  return {
    port,
    pause: () => running.signal('SIGSTOP'),
    resume: () => running.signal('SIGCONT'),
    kill: async () => running.kill(),
    restart: async () => {
      await running.kill()
      running = await start()
    },
    command: async (...args) => {
      const reply = await send(port, args)
      if (reply === '' || reply.startsWith('-')) {
        throw new Error(`${args.join(' ')}: ${reply === '' ? 'no reply' : reply}`)
      }
      return reply
    },
  }
}

async function allSay(servers: readonly RedisServer[], args: readonly string[], line: string): Promise<boolean> {
  const replies = await Promise.all(servers.map(({ port }) => send(port, args)))
  return replies.every((reply) => reply.includes(line))
}

/** An inline command, whose connection the server closes. The reply is empty when there is no server. */
async function send(port: number, args: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.end(`${args.join(' ')}\r\nQUIT\r\n`)
    return (await socket.setEncoding('utf8').toArray()).join('')
  } catch {
    return ''
  } finally {
    socket.destroy()
  }
}
