const tokens = new Map(Array.from({ length: 1000 }, (_, index) => [`customer-${index}`, `token-of-customer-${index}`]));

export function tokenOf(customer) {
  return tokens.get(customer);
}
