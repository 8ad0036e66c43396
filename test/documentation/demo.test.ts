import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { test } from 'vitest'
import { root } from './files.ts'

const demo = join(root, 'examples/demo/main.ts')
const env = { ...process.env, COLUMNS: '80' }

function tooWide(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.length > 80)
}

// One of the tokens must expire in real time. That takes six seconds.
test.concurrent('the demo fits into 80 columns, gets the expected responses, and names its code', async ({
  expect,
}) => {
  const { stdout } = await promisify(execFile)(process.execPath, [demo], { env })
  expect(tooWide(stdout.split('\n'))).toEqual([])
  const [named = ''] = stdout.match(/examples\/demo\/[a-z-]+\.ts/) ?? []
  expect(named).not.toBe('')
  expect(existsSync(join(root, named))).toBe(true)
})

test.concurrent('the demo that stays up prints narrow lines, and tokens that its API accepts', async ({ expect }) => {
  const running = spawn(process.execPath, [demo, '--serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const lines: string[] = []
    for await (const line of createInterface(running.stdout)) {
      lines.push(line)
      if (line.startsWith('Ctrl-C')) {
        break
      }
    }
    expect(tooWide(lines)).toEqual([])
    const [tokenUrl = ''] = /http:\S+\/read-orders/.exec(lines.join('\n')) ?? []
    const [ordersUrl = ''] = /http:\S+\/orders(?= -H)/.exec(lines.join('\n')) ?? []
    const token = await (await fetch(tokenUrl)).text()
    const response = await fetch(ordersUrl, { headers: { Authorization: `Bearer ${token}` } })
    expect(response.status).toBe(200)
  } finally {
    running.kill()
  }
})
