/*
 * Ampoule's client: topics that lose nothing, and plugins, over one WebSocket. No dependency; load
 * it with <script src="…" defer> and use the global `Ampoule`.
 *
 *   const ampoule = new Ampoule({url: 'wss://…', token: async () => '…'})
 *   const stop = ampoule.subscribe('ward/3', event => …, {after: 17})
 *   await ampoule.publish('ward/3', {text: '…'})
 *   const output = await ampoule.invoke('news2', {pulse: 70, …})
 *
 * Events of a topic are given in the order of their numbers, each once, whatever the network does:
 * the client reconnects with jitter and backoff, asks for what it missed, puts in order what
 * overtook, and drops what it has. `resume()` gives the positions to go on from in another page.
 */
'use strict';

class Ampoule {
  /**
   * @param {object} options
   * @param {string} options.url of the WebSocket API
   * @param {function(): (string|Promise<string>)} options.token asked for at each connection
   * @param {function(string)} [options.onState] told 'connecting', 'live', 'disconnected',
   *   'catching-up', 'live-again' or 'live-after-gap'
   * @param {function(string, object)} [options.onRefused] told of a topic that may not be subscribed
   *   to, and the problem (RFC 9457)
   * @param {object} [options.resume] what `resume()` gave
   * @param {object} [options.timing] milliseconds; see the defaults below
   */
  constructor(options) {
    this.url = options.url
    this.token = options.token
    this.onState = options.onState || (() => {})
    this.onRefused = options.onRefused || (() => {})
    this.timing = Object.assign(
      {
        backoffFirst: 500,
        backoffMax: 30000,
        // Before API Gateway ends an idle connection, after 10 minutes.
        ping: 240000,
        pong: 10000,
        // A number that is missing so long is asked for again.
        gap: 2000,
        answer: 30000,
        // Before API Gateway ends any connection, after two hours; with as much jitter again.
        lifetime: 100 * 60000,
        lifetimeJitter: 10 * 60000
      },
      options.timing)
    this.topics = new Map() // name → {after, head, view, handlers, waiting, behind, gapTimer}
    this.positions = Object.assign({}, options.resume)
    this.answers = new Map() // id → {resolve, reject, timer}
    this.unsent = []
    this.nextId = 1
    this.failures = 0
    this.hadConnection = false
    this.lost = false
    this.closed = false
    this.socket = null
    this.timers = {}
    this.state = ''
    this.offline = () => this.socket && this.drop(this.socket)
    this.online = () => {
      if (!this.socket && !this.closed) {
        this.connect()
      }
    }
    if (typeof addEventListener === 'function') {
      addEventListener('offline', this.offline)
      addEventListener('online', this.online)
    }
    this.tell('connecting')
    this.connect()
  }

  /**
   * @param {string} topic
   * @param {function({topic: string, seq: number, at: string, data: *, html: (string|undefined)})} handler
   * @param {object} [options]
   * @param {number} [options.after] the last event that is known already; absent: only new ones
   * @param {string} [options.view] as what the server renders the events
   * @param {boolean} [options.present] whether others on the topic are told
   * @returns {function()} ends the subscription
   */
  subscribe(topic, handler, options = {}) {
    let subscription = this.topics.get(topic)
    if (!subscription) {
      const known = options.after !== undefined ? options.after : this.positions[topic]
      subscription = {
        after: known, head: null, view: options.view, present: options.present, handlers: [],
        waiting: new Map(), behind: true, gapTimer: null
      }
      this.topics.set(topic, subscription)
      this.ask(topic, subscription)
    }
    subscription.handlers.push(handler)
    return () => {
      subscription.handlers = subscription.handlers.filter(one => one !== handler)
      if (subscription.handlers.length === 0 && this.topics.get(topic) === subscription) {
        clearTimeout(subscription.gapTimer)
        this.topics.delete(topic)
        this.send({action: 'unsubscribe', topic})
      }
    }
  }

  /** Publishes; the promise is kept, with the event's number as `seq`, once it is stored. */
  publish(topic, data) {
    return this.request({action: 'publish', topic, data})
  }

  /**
   * Calls a plugin; the promise is of its output, or is broken with an error whose `problem` says
   * why.
   *
   * @param {string} plugin
   * @param {*} input text as it is, everything else as JSON
   * @param {string} [fn] another function than the default one
   */
  invoke(plugin, input, fn) {
    const message = {action: 'invoke', plugin, input}
    if (fn) {
      message.function = fn
    }
    return this.request(message)
  }

  /** Where each topic stands, for `options.resume` of another client. */
  resume() {
    const positions = Object.assign({}, this.positions)
    this.topics.forEach((subscription, topic) => {
      if (subscription.after !== undefined) {
        positions[topic] = subscription.after
      }
    })
    return positions
  }

  /** Ends the connection for good. */
  close() {
    this.closed = true
    Object.values(this.timers).forEach(clearTimeout)
    this.topics.forEach(subscription => clearTimeout(subscription.gapTimer))
    if (typeof removeEventListener === 'function') {
      removeEventListener('offline', this.offline)
      removeEventListener('online', this.online)
    }
    this.answers.forEach(answer => {
      clearTimeout(answer.timer)
      answer.reject(new Error('closed'))
    })
    this.answers.clear()
    if (this.socket) {
      this.socket.close(1000)
    }
  }

  // ---- the connection

  async connect() {
    clearTimeout(this.timers.connect)
    let socket
    try {
      const token = await this.token()
      if (this.closed || this.socket) {
        return
      }
      socket = new WebSocket(this.url, ['ampoule.v1', token])
    } catch (e) {
      this.again()
      return
    }
    this.socket = socket
    socket.onopen = () => this.opened(socket)
    socket.onmessage = message => this.received(socket, message.data)
    socket.onclose = () => this.drop(socket)
  }

  opened(socket) {
    if (socket !== this.socket) {
      return
    }
    this.failures = 0
    const again = this.hadConnection
    this.hadConnection = true
    if (again) {
      this.tell('catching-up')
    }
    this.topics.forEach((subscription, topic) => {
      subscription.behind = true
      this.ask(topic, subscription)
    })
    this.unsent.splice(0).forEach(text => socket.send(text))
    this.caughtUp()
    this.timers.ping = setTimeout(() => this.ping(socket), this.timing.ping)
    this.timers.lifetime = setTimeout(
      () => this.drop(socket),
      this.timing.lifetime + Math.random() * this.timing.lifetimeJitter)
  }

  /** The socket is of no use any more, whether it knows or not. */
  drop(socket) {
    if (socket !== this.socket) {
      return
    }
    this.socket = null
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
    clearTimeout(this.timers.ping)
    clearTimeout(this.timers.pong)
    clearTimeout(this.timers.lifetime)
    this.topics.forEach(subscription => clearTimeout(subscription.gapTimer))
    if (!this.closed) {
      this.again()
    }
  }

  again() {
    if (this.closed) {
      return
    }
    this.tell(this.hadConnection || this.failures > 0 ? 'disconnected' : 'connecting')
    const most = Math.min(
      this.timing.backoffMax, this.timing.backoffFirst * Math.pow(2, this.failures))
    this.failures++
    // Never all at once: clients that a deployment cut off come back over the whole interval.
    this.timers.connect = setTimeout(() => this.connect(), most * (0.25 + 0.75 * Math.random()))
  }

  ping(socket) {
    if (socket !== this.socket) {
      return
    }
    socket.send('{"action":"ping"}')
    this.timers.pong = setTimeout(() => this.drop(socket), this.timing.pong)
  }

  send(message) {
    const text = JSON.stringify(message)
    if (this.socket && this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(text)
      return true
    }
    return false
  }

  request(message) {
    const id = String(this.nextId++)
    message.id = id
    const text = JSON.stringify(message)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.answers.delete(id)
        this.unsent = this.unsent.filter(one => one !== text)
        reject(new Error('no answer'))
      }, this.timing.answer)
      this.answers.set(id, {resolve, reject, timer})
      if (!this.send(message)) {
        this.unsent.push(text)
      }
    })
  }

  ask(topic, subscription) {
    clearTimeout(subscription.gapTimer)
    const message = {action: 'subscribe', topic, id: 'topic ' + this.nextId++}
    subscription.asked = message.id
    if (subscription.after !== undefined) {
      message.after = subscription.after
    }
    if (subscription.view) {
      message.view = subscription.view
    }
    if (subscription.present) {
      message.present = true
    }
    this.send(message)
  }

  // ---- what comes in

  received(socket, text) {
    if (socket !== this.socket) {
      return
    }
    let frame
    try {
      frame = JSON.parse(text)
    } catch (e) {
      return
    }
    switch (frame.type) {
      case 'event':
        this.event(frame)
        break
      case 'subscribed':
        this.subscribed(frame)
        break
      case 'pong':
        clearTimeout(this.timers.pong)
        this.timers.ping = setTimeout(() => this.ping(socket), this.timing.ping)
        break
      case 'result':
        this.answer(frame.id, answer => answer.resolve(frame.output))
        break
      case 'published':
        this.answer(frame.id, answer => answer.resolve(frame))
        break
      case 'error':
        this.refused(frame)
        this.answer(frame.id, answer => {
          const error = new Error((frame.problem && frame.problem.detail) || 'refused')
          error.problem = frame.problem
          answer.reject(error)
        })
        break
      default: // a newer server's
    }
  }

  answer(id, use) {
    const answer = this.answers.get(id)
    if (answer) {
      this.answers.delete(id)
      clearTimeout(answer.timer)
      use(answer)
    }
  }

  subscribed(frame) {
    const subscription = this.topics.get(frame.topic)
    if (!subscription) {
      return
    }
    subscription.head = frame.head
    if (subscription.after === undefined) {
      subscription.after = frame.head
    }
    this.deliver(frame.topic, subscription)
  }

  /** A subscription that could not be had: some can be with another position, or later. */
  refused(frame) {
    for (const [topic, subscription] of this.topics) {
      if (frame.id === undefined || subscription.asked !== frame.id) {
        continue
      }
      const problem = frame.problem || {}
      const kind = String(problem.type).replace(/.*\//, '')
      if (kind === 'replay-missed') {
        // What is older than the replay window is gone; go on with the oldest there is.
        subscription.after = problem.oldest - 1
        subscription.waiting.clear()
        this.lost = true
        this.ask(topic, subscription)
      } else if (kind === 'replay-unfinished') {
        this.ask(topic, subscription)
      } else if (problem.status >= 500 || problem.status === 429) {
        subscription.gapTimer =
          setTimeout(() => this.ask(topic, subscription), this.timing.gap * (1 + Math.random()))
      } else {
        this.topics.delete(topic)
        this.onRefused(topic, problem)
      }
    }
  }

  event(frame) {
    const subscription = this.topics.get(frame.topic)
    if (!subscription) {
      return
    }
    if (subscription.after === undefined) {
      subscription.after = frame.seq - 1
    }
    if (frame.seq > subscription.after) {
      subscription.waiting.set(frame.seq, frame)
      this.deliver(frame.topic, subscription)
    }
  }

  /** Gives out what is next in order; asks again for a number that does not come. */
  deliver(topic, subscription) {
    for (;;) {
      const next = subscription.waiting.get(subscription.after + 1)
      if (!next) {
        break
      }
      subscription.waiting.delete(next.seq)
      subscription.after = next.seq
      subscription.handlers.forEach(handler => handler(next))
    }
    clearTimeout(subscription.gapTimer)
    subscription.waiting.forEach((_, seq) => {
      if (seq <= subscription.after) {
        subscription.waiting.delete(seq)
      }
    })
    const behindHead = subscription.head !== null && subscription.after < subscription.head
    if (subscription.waiting.size > 0 || behindHead) {
      subscription.gapTimer = setTimeout(() => this.ask(topic, subscription), this.timing.gap)
    }
    if (subscription.head !== null && !behindHead) {
      subscription.behind = false
      this.caughtUp()
    }
  }

  caughtUp() {
    for (const subscription of this.topics.values()) {
      if (subscription.behind) {
        return
      }
    }
    if (this.lost) {
      this.lost = false
      this.tell('live-after-gap')
    } else if (this.state === 'catching-up') {
      this.tell('live-again')
    } else if (this.state === 'connecting' || this.state === 'disconnected') {
      this.tell('live')
    }
  }

  tell(state) {
    if (state !== this.state) {
      this.state = state
      this.onState(state)
    }
  }
}

if (typeof globalThis !== 'undefined') {
  globalThis.Ampoule = Ampoule
}
