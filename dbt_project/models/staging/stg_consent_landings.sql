select min(batch_date) as first_batch_date
from {{ source('raw', 'consents') }}
