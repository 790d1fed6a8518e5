// Lists what keeps people from using the page: controls without a name, text that
// is hard to read, a structure that readers of screens cannot follow.
(() => {
  const faults = []
  const say = (what, el) => faults.push(`${what}: ${el.outerHTML.slice(0, 120)}`)
  const seen = (el) => el.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  const named = (el) => el.getAttribute('aria-label') || el.getAttribute('title') || el.textContent.trim() || el.querySelector('img[alt]:not([alt=""])') || [...(el.labels ?? [])].some((l) => l.textContent.trim())
  for (const el of document.querySelectorAll('a, button, input, select, textarea, summary, dialog, [tabindex="0"]')) if (seen(el) && !named(el)) say('has no name', el)
  for (const el of document.querySelectorAll('[tabindex]')) if (el.tabIndex > 0) say('changes the order of Tab', el)
  for (const el of document.querySelectorAll('img:not([alt]), svg.chart:not([aria-label])')) say('has no text in its place', el)
  for (const el of document.querySelectorAll('table')) if (!el.caption || !el.querySelector('th[scope=col]') || !el.querySelector('tbody th[scope=row]')) say('has no caption or headings', el)
  const ids = [...document.querySelectorAll('[id]')].map((el) => el.id)
  for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) faults.push('an id is there twice: ' + id)
  for (const part of ['header', 'nav[aria-label]', 'main', 'h1', '[role=search]', '[role=status]', '.skip']) if (!document.querySelector(part)) faults.push('there is no ' + part)
  if (document.querySelectorAll('h1').length !== 1) faults.push('there is more than one h1')
  if (!document.documentElement.lang) faults.push('the page has no language')
  if (document.documentElement.scrollWidth > innerWidth) faults.push('the page is wider than the screen')

  const ink = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgba = (colour) => {
    ink.clearRect(0, 0, 1, 1)
    ink.fillStyle = colour
    ink.fillRect(0, 0, 1, 1)
    return ink.getImageData(0, 0, 1, 1).data
  }
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)
  const ground = (el) => {
    for (let at = el; at; at = at.parentElement) {
      const c = rgba(getComputedStyle(at).backgroundColor)
      if (c[3] === 255) return c
    }
    return rgba(getComputedStyle(document.documentElement).colorScheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)').matches ? '#000' : '#fff')
  }
  for (const el of document.querySelectorAll('body *')) {
    const text = [...el.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim())
    if (!text || !seen(el) || el.disabled || el.closest('svg, canvas, .hidden, option, .skip')) continue
    const [a, b] = [light(rgba(getComputedStyle(el).color)), light(ground(el))]
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (contrast < 4.5) say(`has a contrast of ${contrast.toFixed(2)}`, el)
  }
  return faults
})()
