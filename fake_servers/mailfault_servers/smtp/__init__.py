"""The mail host: stock aiosmtpd as the honest end, faults around what it reads and sends."""
