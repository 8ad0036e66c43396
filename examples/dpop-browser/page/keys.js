/**
 * Returns the key pair of this origin. IndexedDB stores the private key without its bytes, so that no script can read
 * them, also not after a reload.
 */
export async function loadKeys() {
  const database = await openDatabase()
  const known = await resultOf(database.transaction('keys').objectStore('keys').get('dpop'))
  if (known !== undefined) {
    return known
  }
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  await resultOf(database.transaction('keys', 'readwrite').objectStore('keys').put(keys, 'dpop'))
  return keys
}

function openDatabase() {
  const request = indexedDB.open('dpop-keys')
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore('keys'))
  return resultOf(request)
}

function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}
