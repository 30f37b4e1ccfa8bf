import { HttpClient } from './http-client.ts';
import type { Processor } from './port.ts';
import { SIMULATED_PROCESSORS, SIMULATOR_SHEETS } from './simulator/sheets.ts';
import { SimulatedProcessor } from './simulator/simulated-processor.ts';
import { StandardWebhookReader } from './standard-webhook.ts';

export interface ProcessorSettings {
  alphaUrl: string;
  betaUrl: string;
  gammaUrl: string;
  /** `whsec_` and base64 of at least 24 bytes. */
  webhookSecret: string;
}

/** Every processor by its name. Opens no connection yet; throws when an address or the secret cannot be right. */
export function openProcessors(settings: ProcessorSettings): Map<string, Processor> {
  const urls = { alpha: settings.alphaUrl, beta: settings.betaUrl, gamma: settings.gammaUrl };
  const webhooks = new StandardWebhookReader(settings.webhookSecret);
  return new Map(
    SIMULATED_PROCESSORS.map((name) => [
      name,
      new SimulatedProcessor(SIMULATOR_SHEETS[name], new HttpClient(urls[name]), webhooks),
    ]),
  );
}
