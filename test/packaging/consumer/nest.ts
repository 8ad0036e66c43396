import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Controller, Get, Module, type INestApplication } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { type AccessToken, Auth, Protect, Public, Scopes, TollgateModule, type TollgateOptions } from '@tollgate/nestjs'
import { io } from 'socket.io-client'

@Controller('orders')
@Scopes('read')
class OrdersController {
  @Get()
  list(@Auth() token: AccessToken): string {
    return token.subject ?? ''
  }

  @Get('health')
  @Public()
  health(): string {
    return 'ok'
  }
}

@WebSocketGateway()
@Protect()
class OrdersGateway {
  @SubscribeMessage('me')
  me(@Auth() token: AccessToken, @MessageBody() body: string): object {
    return { event: 'me', data: `${token.subject} ${body}` }
  }
}

@Module({})
class AppModule {
  static by(options: TollgateOptions) {
    const imports = [TollgateModule.forRoot(options)]
    return { module: AppModule, imports, controllers: [OrdersController], providers: [OrdersGateway] }
  }
}

async function checkRoutes(app: INestApplication, token: string): Promise<void> {
  const url = `${await app.getUrl()}/orders`
  const good = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
  assert.equal(await good.text(), 'alice', 'Expected the subject alice')
  const bare = await fetch(url)
  assert.equal(bare.status, 401, `Expected 401 without a token, got ${bare.status}`)
  assert.equal(bare.headers.get('www-authenticate'), 'Bearer realm="api", scope="read"')
  assert.equal((await fetch(`${url}/health`)).status, 200, 'Expected 200 on a public route')
}

async function answerOf(app: INestApplication, extraHeaders: Record<string, string>): Promise<unknown[]> {
  const socket = io(await app.getUrl(), { transports: ['websocket'], forceNew: true, extraHeaders })
  await once(socket as never, 'connect')
  const answered = new Promise<unknown[]>((resolve) => socket.onAny((...answer: unknown[]) => resolve(answer)))
  socket.emit('me', 'hi')
  const answer = await answered
  socket.close()
  return answer
}

async function main(): Promise<void> {
  const issuer = await createMockIssuer()
  const app = await NestFactory.create(AppModule.by(issuer.validatorOptions), { logger: false, abortOnError: false })
  await app.listen(0, '127.0.0.1')
  const token = await issuer.accessToken({ scope: 'read' })
  await checkRoutes(app, token)
  assert.deepEqual(await answerOf(app, { authorization: `Bearer ${token}` }), ['me', 'alice hi'])
  assert.equal((await answerOf(app, {}))[0], 'exception', 'Expected an exception without a token')
  await app.close()
  await issuer.close()
}

void main()
