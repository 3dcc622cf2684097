/**
 * One SES event of each type. The format follows SES's documentation, with exceptions that were seen in real events:
 * https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html
 */
type Json = Record<string, unknown>;

const MESSAGE_ID = 'EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000';

function mail(changes: Json = {}): Json {
  return {
    timestamp: '2016-10-19T23:20:52.240Z',
    source: 'Sender Name <sender@example.com>',
    sourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/sender@example.com',
    sendingAccountId: '123456789012',
    messageId: MESSAGE_ID,
    destination: ['recipient@example.com'],
    headersTruncated: false,
    headers: [
      { name: 'From', value: 'sender@example.com' },
      { name: 'To', value: 'recipient@example.com' },
      { name: 'Subject', value: 'Message sent from Amazon SES' },
    ],
    commonHeaders: {
      from: ['Sender Name <sender@example.com>'],
      to: ['recipient@example.com'],
      messageId: MESSAGE_ID,
      subject: 'Message sent from Amazon SES',
    },
    tags: {
      'ses:configuration-set': ['ConfigSet'],
      'ses:source-ip': ['192.0.2.0'],
      'ses:from-domain': ['example.com'],
      'ses:caller-identity': ['ses_user'],
      myCustomTag1: ['myCustomTagVal1'],
      myCustomTag2: ['myCustomTagVal2', 'a second value'],
    },
    ...changes,
  };
}

/** The `mail` object with the fewest fields that SES publishes. */
export function minimalMail(changes: Json = {}): Json {
  return {
    timestamp: '2016-10-19T23:20:52.240Z',
    messageId: MESSAGE_ID,
    destination: ['recipient@example.com'],
    ...changes,
  };
}

export const SAMPLES = {
  send: { eventType: 'Send', mail: mail(), send: {} },
  delivery: {
    eventType: 'Delivery',
    mail: mail({ destination: ['recipient@example.com', 'Other Person <other@example.com>'] }),
    delivery: {
      timestamp: '2016-10-19T23:21:04.133Z',
      processingTimeMillis: 11893,
      recipients: ['recipient@example.com', 'Other Person <other@example.com>'],
      smtpResponse: '250 2.6.0 Message received',
      reportingMTA: 'mta.example.com',
    },
  },
  deliveryDelay: {
    eventType: 'DeliveryDelay',
    mail: { ...minimalMail(), source: 'sender@example.com' },
    deliveryDelay: {
      timestamp: '2020-06-16T00:25:40.095Z',
      delayType: 'TransientCommunicationFailure',
      expirationTime: '2020-06-16T00:25:40.914Z',
      delayedRecipients: [
        {
          emailAddress: 'recipient@example.com',
          status: '4.4.1',
          diagnosticCode: 'smtp; 421 4.4.1 Unable to connect to remote host',
        },
      ],
    },
  },
  bounce: {
    eventType: 'Bounce',
    bounce: {
      bounceType: 'Permanent',
      bounceSubType: 'General',
      bouncedRecipients: [
        {
          emailAddress: 'recipient@example.com',
          action: 'failed',
          status: '5.1.1',
          diagnosticCode: 'smtp; 550 5.1.1 user unknown',
        },
        {
          emailAddress: 'Other Person <other@example.com>',
          action: 'delayed',
          status: '4.0.0',
          diagnosticCode: '',
        },
      ],
      timestamp: '2017-08-05T00:41:02.669Z',
      feedbackId: '01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000',
      reportingMTA: 'dsn; mta.example.com',
    },
    mail: mail({ destination: ['recipient@example.com', 'other@example.com'] }),
  },
  complaint: {
    eventType: 'Complaint',
    complaint: {
      complainedRecipients: [{ emailAddress: 'recipient@example.com' }],
      timestamp: '2017-08-05T00:41:02.669Z',
      feedbackId: '01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000001',
      complaintSubType: null,
      userAgent: 'Mozilla/5.0',
      complaintFeedbackType: 'abuse',
      arrivalDate: '2009-12-03T04:24:21.000-05:00',
    },
    mail: mail(),
  },
  reject: { eventType: 'Reject', mail: mail(), reject: { reason: 'Bad content' } },
  renderingFailure: {
    eventType: 'Rendering Failure',
    mail: minimalMail({
      source: 'sender@example.com',
      destination: ['recipient@example.com', 'other@example.com'],
    }),
    failure: {
      errorMessage: "Attribute 'attributeName' is not present in the rendering data.",
      templateName: 'MyTemplate',
    },
  },
  open: {
    eventType: 'Open',
    mail: mail(),
    open: {
      ipAddress: '192.0.2.1',
      timestamp: '2017-08-09T22:00:19.652Z',
      userAgent: 'Mozilla/5.0 (iPhone)',
    },
  },
  click: {
    eventType: 'Click',
    click: {
      ipAddress: '192.0.2.1',
      link: 'http://docs.aws.amazon.com/ses/latest/DeveloperGuide/send-email-smtp.html',
      linkTags: null,
      timestamp: '2017-08-09T23:51:25.570Z',
      userAgent: 'Mozilla/5.0 (Windows NT 10.0)',
    },
    mail: mail(),
  },
  subscription: {
    eventType: 'Subscription',
    mail: mail(),
    subscription: {
      contactList: 'ContactListName',
      timestamp: '2022-01-12T01:00:17.910Z',
      source: 'UnsubscribeHeader',
      newTopicPreferences: {
        unsubscribeAll: true,
        topicSubscriptionStatus: [{ topicName: 'T', subscriptionStatus: 'OptOut' }],
      },
      oldTopicPreferences: {
        unsubscribeAll: false,
        topicSubscriptionStatus: [{ topicName: 'T', subscriptionStatus: 'OptOut' }],
      },
    },
  },
} satisfies Record<string, Json>;

/** https://docs.aws.amazon.com/ses/latest/dg/notification-examples.html: these have `notificationType`, no tags, and an unusual date format. */
const legacyMail = {
  timestamp: '2018-10-08T14:05:45 +0000',
  messageId: '000001378603177f-7a5433e7-8edb-42ae-af10-f0181f34d6ee-000000',
  source: 'sender@example.com',
  sourceArn: 'arn:aws:ses:us-east-1:888888888888:identity/example.com',
  sourceIp: '127.0.3.0',
  sendingAccountId: '123456789012',
  callerIdentity: 'IAM_user_or_role_name',
  destination: ['recipient@example.com'],
};

export const LEGACY_SAMPLES = {
  bounce: {
    ...SAMPLES.bounce,
    eventType: undefined,
    notificationType: 'Bounce',
    mail: { ...legacyMail, destination: SAMPLES.bounce.mail['destination'] },
  },
  complaint: { ...SAMPLES.complaint, eventType: undefined, notificationType: 'Complaint', mail: legacyMail },
  delivery: {
    notificationType: 'Delivery',
    mail: legacyMail,
    delivery: {
      timestamp: '2014-05-28T22:41:01.184Z',
      recipients: ['recipient@example.com'],
      processingTimeMillis: 546,
      reportingMTA: 'a8-70.smtp-out.amazonses.com',
      smtpResponse: '250 ok:  Message 64111812 accepted',
      remoteMtaIp: '127.0.2.0',
    },
  },
} satisfies Record<string, Json>;

/** The SNS message of an SES event. SES ends the event with a line feed. */
export function snsEnvelope(ses: object | string, topicArn: string): string {
  return JSON.stringify({
    Type: 'Notification',
    MessageId: '6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f',
    TopicArn: topicArn,
    Subject: 'Amazon SES Email Event Notification',
    Message: typeof ses === 'string' ? ses : `${JSON.stringify(ses)}\n`,
    Timestamp: '2026-02-25T12:00:00.000Z',
    SignatureVersion: '1',
    Signature: 'c2lnbmF0dXJl',
    SigningCertURL: 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService.pem',
    UnsubscribeURL: 'https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe',
  });
}
