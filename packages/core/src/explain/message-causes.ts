import { headerLines } from '../request/header-lines.ts'
import type { Cause } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { showText } from './show.ts'

/** `malformed-message`. */
export function malformedMessage({ request }: FailedToken): Cause {
  const [name] = request === undefined ? [] : headerLines(request.headers, 'mcp-name')
  return {
    problem: 'the guards of the tools need a message of MCP, and the request has none that can be read',
    expected: 'a parsed JSON body, with which `Mcp-Method` and `Mcp-Name` agree',
    received: name === undefined ? 'no `Mcp-Name`' : `\`Mcp-Name\` ${showText(name)}`,
    fix: 'Put the parser of JSON bodies in front of protectMcp(…), such as express.json(). If it is there, the client sends a wrong `Content-Type`, a malformed body, or headers of another message.',
  }
}
