/**
 * Every SES event type that this product processes. The name is the `eventType` of a published event, and the value is the
 * spelling in the `MatchingEventTypes` of an event destination.
 * https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_EventDestination.html
 */
export const SES_EVENT_TYPES = {
  Send: 'SEND',
  Reject: 'REJECT',
  Bounce: 'BOUNCE',
  Complaint: 'COMPLAINT',
  Delivery: 'DELIVERY',
  'Rendering Failure': 'RENDERING_FAILURE',
  DeliveryDelay: 'DELIVERY_DELAY',
  Subscription: 'SUBSCRIPTION',
  Open: 'OPEN',
  Click: 'CLICK',
} as const;

export type SesEventType = keyof typeof SES_EVENT_TYPES;

/** If an event destination names these types, SES rewrites links and adds a tracking pixel, so they are an option. */
export const ENGAGEMENT_EVENT_TYPES = [SES_EVENT_TYPES.Open, SES_EVENT_TYPES.Click] as const;

/** The types that every event destination of this product names: all `SES_EVENT_TYPES` except Open and Click, in the same order. */
export const OUTCOME_EVENT_TYPES: readonly string[] = Object.values(SES_EVENT_TYPES).filter(
  (type) => !ENGAGEMENT_EVENT_TYPES.some((engagement) => engagement === type),
);
