/* What ties a page to the client: htmx's WebSocket extension speaks through it. */
'use strict';
(() => {
  const feed = document.getElementById('feed')

  async function token() {
    const response = await fetch('/session/token', {headers: {'Ampoule-Page': '1'}})
    if (response.status === 401) {
      location.assign('/session?next=' + encodeURIComponent(location.pathname))
    }
    if (!response.ok) {
      throw new Error('no token')
    }
    return (await response.json()).token
  }

  function tell(state) {
    feed.dataset.state = state
    feed.textContent = feed.dataset[state.replace(/-(.)/g, (_, letter) => letter.toUpperCase())]
  }

  /**
   * What htmx takes for a WebSocket: it never closes, for the client reconnects, and its messages
   * are the events' fragments, in order, each once.
   */
  class Fragments extends EventTarget {
    constructor(url) {
      super()
      this.OPEN = this.readyState = 1
      const element = document.querySelector('[ws-connect]')
      const client = new Ampoule({url, token, onState: tell, timing: window.ampouleTiming})
      this.client = client
      for (const position of element.dataset.topics.split(' ')) {
        const equals = position.lastIndexOf('=')
        client.subscribe(
          position.substring(0, equals),
          event => {
            if (event.html && prepared(event.html)) {
              this.dispatchEvent(new MessageEvent('message', {data: event.html}))
            }
          },
          {
            after: Number(position.substring(equals + 1)),
            view: element.dataset.view,
            present: element.dataset.present === 'true'
          })
      }
    }

    send() {
      // Pages send forms.
    }

    close() {
      this.client.close()
    }
  }

  htmx.createWebSocket = url => new Fragments(url)

  /**
   * Makes a place for what is new to the page, such as a patient who was not in the ward when it was
   * rendered, so that htmx finds its id; false where there is nothing to do.
   */
  function prepared(html) {
    const parsed = document.createElement('template')
    parsed.innerHTML = html
    const element = parsed.content.firstElementChild
    if (!element || document.getElementById(element.id)) {
      return element !== null
    }
    const list = document.getElementById(element.dataset.into)
    if (!list || element.getAttribute('hx-swap-oob') === 'delete') {
      return false
    }
    const place = document.createElement(element.tagName)
    place.id = element.id
    list.append(place)
    return true
  }

  const alarm = document.getElementById('alarm')
  document.body.addEventListener('htmx:wsAfterMessage', () => {
    // Said when it changes, and not with every value that comes in.
    const patient = document.getElementById('patient-now')
    if (alarm && patient && patient.dataset.alarm && alarm.textContent !== patient.dataset.alarm) {
      alarm.textContent = patient.dataset.alarm
    }
    const story = document.getElementById('happened')
    if (story) {
      while (story.children.length > 10) {
        story.firstElementChild.remove()
      }
      htmx.trigger('#plugins', 'refresh')
    }
    ages()
  })

  const seconds = new Intl.NumberFormat(
    document.documentElement.lang, {style: 'unit', unit: 'second', unitDisplay: 'short'})
  const minutes = new Intl.NumberFormat(
    document.documentElement.lang, {style: 'unit', unit: 'minute', unitDisplay: 'short'})
  function ages() {
    document.querySelectorAll('[data-at]').forEach(element => {
      const age = Math.max(0, Math.round((Date.now() - Date.parse(element.dataset.at)) / 1000))
      const text = element.dataset.age.replace(
        '%s', age < 120 ? seconds.format(age) : minutes.format(Math.floor(age / 60)))
      if (element.textContent !== text) {
        element.textContent = text
      }
    })
  }
  ages()
  setInterval(ages, 1000)
})()
