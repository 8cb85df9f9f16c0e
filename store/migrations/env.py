"""What alembic runs: the migrations, on the connection and in the transaction of `store.engine`."""

from alembic import context

from store.tables import Base

# One transaction around every step, on SQLite too: a start that is cut off leaves the old tables whole.
if context.is_offline_mode():
    context.configure(
        url=context.config.get_main_option("sqlalchemy.url"),
        target_metadata=Base.metadata,
        literal_binds=True,
    )
else:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=True,
        transactional_ddl=True,
    )

with context.begin_transaction():
    context.run_migrations()
