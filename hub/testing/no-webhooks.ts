/** What a hub needs for webhooks, where none is sent. */
export const NO_WEBHOOKS = {
  webhookNetworks: [],
  webhookRetries: {},
  webhookSending: {},
  resolveName: () => Promise.resolve([]),
} as const;
