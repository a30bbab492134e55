import { publicPortsMax } from '@ancloud/contracts';
import { type PortMapping, PortProtocol } from '@ancloud/contracts/common/v1/common';
import { z } from 'zod';
import { named } from '../api/route-doc.js';

const port = z.int().min(1).max(65_535);

/** Ports that a phone asks of its host. */
export const ports = z
  .array(
    named(
      'PortMapping',
      z.strictObject({
        hostPort: port.describe('Of the range that the operator of the host lets phones have'),
        phonePort: port.describe('5555 is adb: a shell for whoever reaches the host’s port'),
        protocol: z.enum(['tcp', 'udp']).default('tcp'),
      }),
    ),
  )
  .max(publicPortsMax)
  .describe('Ports of the host that lead into the phone while it is ready; changed as it runs');

/** As the gRPC message has them. */
export const portMappings = (given: z.output<typeof ports> = []): PortMapping[] =>
  given.map(({ protocol, ...rest }) => ({
    ...rest,
    protocol: protocol === 'udp' ? PortProtocol.PORT_PROTOCOL_UDP : PortProtocol.PORT_PROTOCOL_TCP,
  }));
