// A rule for Oxlint: what is thrown as `new` is one of these, `["error", "AppError", ...]`.
const errorsByCode = {
  meta: {
    schema: { type: 'array', items: { type: 'string' }, minItems: 1 },
    messages: { other: 'Throw one of these: {{ allowed }}.' },
  },
  create(context) {
    const allowed = context.options;
    return {
      ThrowStatement(node) {
        const { argument } = node;
        if (argument?.type !== 'NewExpression' || allowed.includes(argument.callee.name)) return;
        context.report({ node, messageId: 'other', data: { allowed: allowed.join(', ') } });
      },
    };
  },
};

export const rules = { 'errors-by-code': errorsByCode };

export default { meta: { name: 'signalbox' }, rules };
